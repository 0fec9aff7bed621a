// What every Io promises about files and folders; runs over UringIo and PosixIo alike.
#include <gmock/gmock.h>
#include <sys/mman.h>

#include <algorithm>

#include "tests/storage/io_test_support.h"

namespace argent::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class IoFiles : public IoContract {};

TEST_P(IoFiles, CreatesAFileOnlyOnce) {
  EXPECT_NE(Open("f", OpenMode::kCreate), nullptr);
  EXPECT_EQ(io_->Open(directory_ / "f", {OpenMode::kCreate}).status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(io_->Open(directory_ / "f", {OpenMode::kCreate, true}).status().code(),
            StatusCode::kAlreadyExists);
}

TEST_P(IoFiles, OpensOnlyWhatExists) {
  EXPECT_EQ(io_->Open(directory_ / "f", {OpenMode::kRead}).status().code(), StatusCode::kNotFound);
  const Status status = io_->Open(directory_ / "f", {OpenMode::kReadWrite}).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(directory_ / "f"));
}

TEST_P(IoFiles, OpensNoFolders) {
  EXPECT_EQ(io_->Open(directory_.path(), {OpenMode::kRead}).status().code(), StatusCode::kInvalidArgument);
}

TEST_P(IoFiles, PreallocatesZerosAndNeverShortens) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  ASSERT_TRUE(io_->Preallocate(file.get(), 1 << 20).ok());
  EXPECT_EQ(*io_->FileSize(file.get()), uint64_t{1} << 20);
  std::vector<uint8_t> bytes(4096, 0xff);
  ASSERT_EQ(*ReadSync(io_.get(), file.get(), 65536, bytes), bytes.size());
  EXPECT_EQ(bytes, std::vector<uint8_t>(4096));
  ASSERT_TRUE(io_->Preallocate(file.get(), 4096).ok());
  EXPECT_EQ(*io_->FileSize(file.get()), uint64_t{1} << 20);
}

TEST_P(IoFiles, RefusesToPreallocateMoreThanTheVolumeHasAndKeepsTheSize) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  ASSERT_TRUE(io_->Preallocate(file.get(), 8192).ok());
  const uint64_t free_bytes = *io_->FreeBytes(directory_.path());
  const Status status = io_->Preallocate(file.get(), free_bytes + (uint64_t{1} << 40));
  EXPECT_EQ(status.code(), StatusCode::kNoSpace) << status.ToString();
  EXPECT_EQ(io_->Preallocate(file.get(), ~uint64_t{0}).code(), StatusCode::kNoSpace);
  EXPECT_EQ(*io_->FileSize(file.get()), 8192u);
}

TEST_P(IoFiles, TruncatesBothWays) {
  Create("f", RandomBytes(1, 1000));
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kReadWrite);
  ASSERT_TRUE(io_->Truncate(file.get(), 10).ok());
  EXPECT_EQ(*io_->FileSize(file.get()), 10u);
  ASSERT_TRUE(io_->Truncate(file.get(), 5000).ok());
  EXPECT_EQ(*io_->FileSize(file.get()), 5000u);
  EXPECT_EQ(io_->Truncate(file.get(), ~uint64_t{0}).code(), StatusCode::kInvalidArgument);
}

TEST_P(IoFiles, ChangesNoFileOpenedForReading) {
  Create("f", RandomBytes(1, 1000));
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kRead);
  EXPECT_FALSE(io_->Truncate(file.get(), 0).ok());
  EXPECT_FALSE(io_->Preallocate(file.get(), 4096).ok());
  EXPECT_EQ(*io_->FileSize(file.get()), 1000u);
}

TEST_P(IoFiles, MakesListsRenamesAndRemoves) {
  ASSERT_TRUE(io_->MakeDirectory(directory_ / "d").ok());
  ASSERT_TRUE(io_->MakeDirectory(directory_ / "d").ok());
  Create("d/b", {});
  Create("d/a", {});
  Create("d/.hidden", {});
  EXPECT_THAT(*io_->List(directory_ / "d"), ElementsAre(".hidden", "a", "b"));
  ASSERT_TRUE(io_->Rename(directory_ / "d/a", directory_ / "d/b").ok());
  ASSERT_TRUE(io_->Remove(directory_ / "d/.hidden").ok());
  ASSERT_TRUE(io_->SyncDirectory(directory_ / "d").ok());
  EXPECT_THAT(*io_->List(directory_ / "d"), ElementsAre("b"));
  EXPECT_TRUE(*io_->Exists(directory_ / "d/b"));
  EXPECT_FALSE(*io_->Exists(directory_ / "d/a"));
  EXPECT_FALSE(*io_->Exists(directory_ / "d/b/below a file"));
  EXPECT_FALSE(io_->Remove(directory_ / "d").ok());
  ASSERT_TRUE(io_->Remove(directory_ / "d/b").ok());
  EXPECT_TRUE(io_->Remove(directory_ / "d").ok());
}

TEST_P(IoFiles, SaysWhatIsMissing) {
  EXPECT_EQ(io_->List(directory_ / "x").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(io_->Remove(directory_ / "x").code(), StatusCode::kNotFound);
  EXPECT_EQ(io_->Rename(directory_ / "x", directory_ / "y").code(), StatusCode::kNotFound);
  EXPECT_EQ(io_->SyncDirectory(directory_ / "x").code(), StatusCode::kNotFound);
  EXPECT_EQ(io_->MakeDirectory(directory_ / "x/y").code(), StatusCode::kNotFound);
  EXPECT_EQ(io_->FreeBytes(directory_ / "x").status().code(), StatusCode::kNotFound);
}

TEST_P(IoFiles, MakesNoFolderOverAFile) {
  Create("f", {});
  EXPECT_EQ(io_->MakeDirectory(directory_ / "f").code(), StatusCode::kAlreadyExists);
}

TEST_P(IoFiles, LocksAgainstASecondOpenerUntilClosed) {
  std::unique_ptr<IoFile> first = Open("LOCK", OpenMode::kCreate);
  const std::unique_ptr<IoFile> second = Open("LOCK", OpenMode::kReadWrite);
  ASSERT_TRUE(io_->Lock(first.get()).ok());
  EXPECT_TRUE(io_->Lock(first.get()).ok());
  const Status refused = io_->Lock(second.get());
  EXPECT_EQ(refused.code(), StatusCode::kOverloaded);
  EXPECT_THAT(refused.message(), HasSubstr("LOCK"));
  Open("LOCK", OpenMode::kRead).reset();  // closing yet another descriptor keeps the lock
  EXPECT_FALSE(io_->Lock(second.get()).ok());
  first.reset();
  EXPECT_TRUE(io_->Lock(second.get()).ok());
}

std::string ParameterName(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Files, IoFiles, ::testing::Values("uring", "posix"), ParameterName);

TEST(AlignedBuffer, IsAlignedRoundedUpAndZeroed) {
  const AlignedBuffer buffer(kIoAlignment + 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kIoAlignment, 0u);
  EXPECT_EQ(buffer.size(), 2 * kIoAlignment);
  for (size_t i = 0; i < buffer.size(); ++i) ASSERT_EQ(buffer.data()[i], 0);
  EXPECT_EQ(AlignedBuffer(0).size(), 0u);
}

TEST(AlignedBuffer, CostsNothingBeforeItIsTouchedWhenLarge) {
  constexpr size_t kBytes = size_t{32} << 20;
  AlignedBuffer buffer(kBytes);
  std::vector<unsigned char> resident(kBytes / kIoAlignment);
  ASSERT_EQ(mincore(buffer.data(), kBytes, resident.data()), 0);
  EXPECT_EQ(std::count(resident.begin(), resident.end(), 0), std::ssize(resident));
  for (size_t i = 0; i < kBytes; i += kIoAlignment) ASSERT_EQ(buffer.data()[i], 0);
}

TEST(NewBestIo, GivesOneThatWorks) {
  const TestDirectory directory;
  const std::unique_ptr<Io> io = NewBestIo();
  ASSERT_NE(io, nullptr);
  EXPECT_TRUE(*io->Exists(directory.path()));
}

TEST(NewUringIo, TakesAnyDepth) {
  for (const unsigned depth : {0u, 1u, 1000u, 1'000'000u}) {
    const TestDirectory directory;
    const Result<std::unique_ptr<Io>> io = NewUringIo({depth});
    if (!io.ok()) GTEST_SKIP() << io.status().ToString();
    const Result<std::unique_ptr<IoFile>> file = (*io)->Open(directory / "f", {OpenMode::kCreate});
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(SyncSync(io->get(), file->get()).ok());
  }
}

}  // namespace
}  // namespace argent::storage
