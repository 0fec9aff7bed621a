#include "storage/io/io_progress.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>

namespace argent::storage {
namespace {

class NamedFile final : public IoFile {
 public:
  explicit NamedFile(bool direct) : direct_(direct) {}
  const std::string& path() const override { return path_; }
  bool direct() const override { return direct_; }

 private:
  const std::string path_ = "segment";
  const bool direct_;
};

class IoProgressTest : public ::testing::Test {
 protected:
  void Start(IoOperation::Kind kind, IoFile* file, uint64_t offset, size_t length) {
    operation_.kind = kind;
    operation_.file = file;
    operation_.offset = offset;
    operation_.buffer = memory_.data();
    operation_.length = length;
    ASSERT_TRUE(progress_.Start(&operation_)) << operation_.status.ToString();
  }

  alignas(kIoAlignment) std::array<uint8_t, 4 * kIoAlignment> memory_ = {};
  NamedFile buffered_{false};
  NamedFile direct_{true};
  IoOperation operation_;
  IoProgress progress_;
};

TEST_F(IoProgressTest, ContinuesAShortWriteWhereItStopped) {
  Start(IoOperation::Kind::kWrite, &buffered_, 100, 50);
  EXPECT_FALSE(progress_.Advance(20));
  EXPECT_EQ(progress_.Next().buffer, memory_.data() + 20);
  EXPECT_EQ(progress_.Next().length, 30u);
  EXPECT_EQ(progress_.Next().offset, 120u);
  EXPECT_TRUE(progress_.Advance(30));
  EXPECT_TRUE(operation_.status.ok());
  EXPECT_EQ(operation_.transferred, 50u);
}

TEST_F(IoProgressTest, ContinuesAShortDirectWriteAtABlockBoundary) {
  Start(IoOperation::Kind::kWrite, &direct_, 0, 4 * kIoAlignment);
  EXPECT_FALSE(progress_.Advance(static_cast<int64_t>(kIoAlignment) + 512));
  EXPECT_EQ(progress_.Next().offset, kIoAlignment);
  EXPECT_EQ(progress_.Next().length, 3 * kIoAlignment);
  EXPECT_TRUE(progress_.Advance(3 * kIoAlignment));
  EXPECT_EQ(operation_.transferred, 4 * kIoAlignment);
}

TEST_F(IoProgressTest, ContinuesAShortReadUntilTheFileEnds) {
  Start(IoOperation::Kind::kRead, &buffered_, 0, 100);
  EXPECT_FALSE(progress_.Advance(60));
  EXPECT_TRUE(progress_.Advance(0));
  EXPECT_TRUE(operation_.status.ok());
  EXPECT_EQ(operation_.transferred, 60u);
}

TEST_F(IoProgressTest, EndsADirectReadThatStopsInsideABlock) {
  Start(IoOperation::Kind::kRead, &direct_, 0, 2 * kIoAlignment);
  EXPECT_TRUE(progress_.Advance(kIoAlignment + 1));
  EXPECT_TRUE(operation_.status.ok());
  EXPECT_EQ(operation_.transferred, kIoAlignment + 1);
}

TEST_F(IoProgressTest, RetriesTransientErrorsAndForgetsThemAfterABlock) {
  Start(IoOperation::Kind::kRead, &buffered_, 0, 3);
  for (int part = 0; part < 3; ++part) {
    for (int i = 0; i < 900; ++i) ASSERT_FALSE(progress_.Advance(i % 2 == 0 ? -EAGAIN : -EINTR)) << part;
    EXPECT_EQ(progress_.Advance(1), part == 2);
  }
  EXPECT_TRUE(operation_.status.ok());
}

TEST_F(IoProgressTest, GivesUpWhenTheKernelSaysTryAgainForEver) {
  Start(IoOperation::Kind::kWrite, &buffered_, 0, 10);
  int tries = 0;
  while (!progress_.Advance(-EAGAIN)) ASSERT_LT(++tries, 100'000);
  EXPECT_EQ(operation_.status.code(), StatusCode::kIoError);
}

TEST_F(IoProgressTest, FailsAWriteThatMovesNothing) {
  Start(IoOperation::Kind::kWrite, &buffered_, 0, 10);
  EXPECT_FALSE(progress_.Advance(4));
  EXPECT_TRUE(progress_.Advance(0));
  EXPECT_EQ(operation_.status.code(), StatusCode::kIoError);
  EXPECT_EQ(operation_.transferred, 4u);
}

TEST_F(IoProgressTest, FailsADirectWriteThatNeverCompletesABlock) {
  Start(IoOperation::Kind::kWrite, &direct_, 0, kIoAlignment);
  int tries = 0;
  while (!progress_.Advance(512)) ASSERT_LT(++tries, 100'000);
  EXPECT_EQ(operation_.status.code(), StatusCode::kIoError);
}

TEST_F(IoProgressTest, NeverRepeatsAFailedSync) {
  Start(IoOperation::Kind::kSync, &buffered_, 0, 0);
  EXPECT_TRUE(progress_.Advance(-EIO));
  EXPECT_EQ(operation_.status.code(), StatusCode::kIoError);
}

TEST_F(IoProgressTest, CallsAFullVolumeNoSpace) {
  Start(IoOperation::Kind::kWrite, &buffered_, 0, 10);
  EXPECT_TRUE(progress_.Advance(-ENOSPC));
  EXPECT_EQ(operation_.status.code(), StatusCode::kNoSpace);
}

TEST_F(IoProgressTest, AsksForAtMostOneGibibyte) {
  const size_t length = (size_t{5} << 30) + 1;
  Start(IoOperation::Kind::kWrite, &buffered_, 0, length);
  uint64_t asked = 0;
  for (bool over = false; !over;) {
    const IoProgress::Piece piece = progress_.Next();
    ASSERT_LE(piece.length, size_t{1} << 30);
    asked += piece.length;
    over = progress_.Advance(static_cast<int64_t>(piece.length));
  }
  EXPECT_EQ(asked, length);
}

}  // namespace
}  // namespace argent::storage
