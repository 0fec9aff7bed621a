// A folder of its own for each test, and the two implementations of Io by name.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "storage/base/random.h"
#include "storage/io/io.h"

namespace argent::storage {

class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "argent_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// The fixture of the contract: the parameter names the implementation.
class IoContract : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "posix") {
      io_ = NewPosixIo(4);
      return;
    }
    Result<std::unique_ptr<Io>> uring = NewUringIo(UringOptions{kDepth});
    if (!uring.ok()) GTEST_SKIP() << uring.status().ToString();
    io_ = std::move(uring).value();
  }

  std::unique_ptr<IoFile> Open(const std::string& name, OpenMode mode, bool direct = false) {
    Result<std::unique_ptr<IoFile>> file = io_->Open(directory_ / name, {mode, direct});
    EXPECT_TRUE(file.ok()) << file.status().ToString();
    return file.ok() ? std::move(file).value() : nullptr;
  }

  // A file that exists, with these bytes.
  void Create(const std::string& name, ByteView bytes) {
    const std::unique_ptr<IoFile> file = Open(name, OpenMode::kCreate);
    ASSERT_NE(file, nullptr);
    ASSERT_TRUE(WriteSync(io_.get(), file.get(), 0, bytes).ok());
  }

  static constexpr unsigned kDepth = 8;  // small, so that tests get beyond it
  TestDirectory directory_;
  std::unique_ptr<Io> io_;
};

inline std::vector<uint8_t> RandomBytes(uint64_t seed, size_t count) {
  std::vector<uint8_t> bytes(count);
  Random(seed).Fill(bytes);
  return bytes;
}

inline void FillRandom(uint64_t seed, AlignedBuffer* buffer) {
  Random(seed).Fill({buffer->data(), buffer->size()});
}

}  // namespace argent::storage
