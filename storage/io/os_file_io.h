// What UringIo and PosixIo share: files as descriptors of the operating system, and the synchronous namespace
// operations. The data operations (Submit, RegisterBuffers) are theirs. Thread-safe: holds no state.
#pragma once

#include "storage/io/io.h"

namespace argent::storage {

class OsFile final : public IoFile {
 public:
  OsFile(int descriptor, std::string path, bool direct)
      : descriptor_(descriptor), path_(std::move(path)), direct_(direct) {}
  ~OsFile() override;
  OsFile(const OsFile&) = delete;
  OsFile& operator=(const OsFile&) = delete;

  int descriptor() const { return descriptor_; }
  const std::string& path() const override { return path_; }
  bool direct() const override { return direct_; }

 private:
  const int descriptor_;
  const std::string path_;
  const bool direct_;
};

// The descriptor of a file that an OsFileIo opened.
int DescriptorOf(const IoFile* file);

class OsFileIo : public Io {
 public:
  Result<std::unique_ptr<IoFile>> Open(const std::string& path, const OpenOptions& options) final;
  Result<uint64_t> FileSize(IoFile* file) final;
  Status Preallocate(IoFile* file, uint64_t bytes) final;
  Status Truncate(IoFile* file, uint64_t bytes) final;
  Status MakeDirectory(const std::string& path) final;
  Status SyncDirectory(const std::string& path) final;
  Status Rename(const std::string& from, const std::string& to) final;
  Status Remove(const std::string& path) final;
  Result<bool> Exists(const std::string& path) final;
  Result<std::vector<std::string>> List(const std::string& directory) final;
  Status Lock(IoFile* file) final;
  Result<uint64_t> FreeBytes(const std::string& directory) final;
};

}  // namespace argent::storage
