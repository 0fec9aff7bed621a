// Opens files and reads their fronts ahead of whoever takes them, many files deep, so that the latency of one
// file is hidden behind the others. A small file is all front: it is read in one operation.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "ingest/media/file_lister.h"
#include "storage/base/bytes.h"
#include "storage/io/io.h"

namespace argent::ingest {

struct FileFront {
  std::string path;
  Status status;  // not ok: it could not be found, opened or read; then only `path` is set
  std::unique_ptr<storage::IoFile> file;
  uint64_t file_bytes = 0;  // when it was opened
  std::unique_ptr<uint8_t[]> memory;
  size_t front_bytes = 0;  // of `memory`, from the start of the file
  ByteView front() const { return {memory.get(), front_bytes}; }
};

// Thread-safe. `io` and `lister` must outlive it.
class ReadAhead {
 public:
  // These bound the memory, 32 MiB, and the open files.
  static constexpr size_t kFilesMax = 128;
  static constexpr size_t kFrontBytesMax = 256 * 1024;

  ReadAhead(storage::Io* io, FileLister* lister) : io_(io), lister_(lister) {}
  ~ReadAhead();  // waits for the reads under way
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // The next file, about in the lister's order, once its front is there; nullopt at the end. The caller's
  // thread opens the files behind it.
  std::optional<FileFront> Next();

 private:
  struct Entry {
    FileFront front;
    storage::IoOperation read;
    // Guarded by mutex_.
    Status read_status;
    bool done = false;
    CondVar arrived;
  };

  void TopUp() ARGENT_EXCLUDES(mutex_);
  bool ClaimPlace() ARGENT_EXCLUDES(mutex_);
  Status Start(Entry* entry);

  storage::Io* const io_;
  FileLister* const lister_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::unique_ptr<Entry>> entries_ ARGENT_GUARDED_BY(mutex_);
  size_t opening_ ARGENT_GUARDED_BY(mutex_) = 0;   // places claimed, not yet in entries_
  bool listed_ ARGENT_GUARDED_BY(mutex_) = false;  // the lister is at its end
};

}  // namespace argent::ingest
