// What a start makes of the segments it finds: what counts as damage, what does not, and what the next fact
// is numbered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "storage/segment/checksum.h"
#include "storage/segment/log.h"
#include "storage/segment/segment_reader.h"
#include "tests/storage/io_test_support.h"

namespace argent::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NullApplier final : public GroupApplier {
 public:
  Status Apply(const std::vector<Fact>&, LogPosition) override { return Status::Ok(); }
};

// Passes everything on and notes the order of writes and flushes.
class NotingIo final : public Io {
 public:
  explicit NotingIo(Io* io) : io_(io) {}
  std::string_view name() const override { return io_->name(); }
  void Submit(std::vector<IoOperation*> operations) override {
    for (const IoOperation* operation : operations) {
      if (operation->kind == IoOperation::Kind::kWrite) notes_ += "w";
      if (operation->kind == IoOperation::Kind::kSync) notes_ += "s";
    }
    io_->Submit(std::move(operations));
  }
  Status RegisterBuffers(MutableByteView memory) override { return io_->RegisterBuffers(memory); }
  Result<std::unique_ptr<IoFile>> Open(const std::string& path, const OpenOptions& options) override {
    return io_->Open(path, options);
  }
  Result<uint64_t> FileSize(IoFile* file) override { return io_->FileSize(file); }
  Status Preallocate(IoFile* file, uint64_t bytes) override { return io_->Preallocate(file, bytes); }
  Status Truncate(IoFile* file, uint64_t bytes) override { return io_->Truncate(file, bytes); }
  Status MakeDirectory(const std::string& path) override { return io_->MakeDirectory(path); }
  Status SyncDirectory(const std::string& path) override { return io_->SyncDirectory(path); }
  Status Rename(const std::string& from, const std::string& to) override { return io_->Rename(from, to); }
  Status Remove(const std::string& path) override { return io_->Remove(path); }
  Result<bool> Exists(const std::string& path) override { return io_->Exists(path); }
  Result<std::vector<std::string>> List(const std::string& directory) override {
    return io_->List(directory);
  }
  Status Lock(IoFile* file) override { return io_->Lock(file); }
  Result<uint64_t> FreeBytes(const std::string& directory) override { return io_->FreeBytes(directory); }

  std::string notes_;  // read while nothing is in flight

 private:
  Io* io_;
};

class RecoveryTest : public ::testing::Test {
 protected:
  RecoveryTest() : io_(NewPosixIo(1)), noting_(io_.get()), segments_(&noting_, directory_ / "", {}) {}

  // A log that lives through `appends`: 'f' a fact, 'd' data alone. Then it is stopped: one segment more.
  void Write(const std::string& appends) {
    BufferPool pool(io_.get(), 8);
    NullApplier applier;
    Log log(&noting_, &segments_, &clock_, {.segment_bytes_max = uint64_t{64} << 20, .reserve_bytes = 0});
    log.Start(&applier, Recover().last_sequence + 1);
    noting_.notes_.clear();
    for (char kind : appends) {
      DataChain data(&pool);
      std::memset(data.Reserve(0)->data(), kind, 100);
      data.Advance(100);
      data.Checksum();
      auto append = std::make_unique<LogAppend>(std::move(data));
      if (kind == 'f') append->make_body = [](const Extent*) { return std::string("body"); };
      append->body_bytes_max = 4;
      std::promise<Status> outcome;
      append->done = [&outcome](const Status& status, const Extent&) { outcome.set_value(status); };
      log.Append(std::move(append));
      ASSERT_TRUE(outcome.get_future().get().ok());
    }
    log.Stop();
  }

  RecoveryReport Recover(LogPosition from = {}) {
    auto report =
        RecoverLog(segments_, from, [](const std::vector<Fact>&, LogPosition) { return Status::Ok(); });
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *report : RecoveryReport{};
  }

  void WriteBytes(uint32_t segment, uint64_t offset, std::string_view bytes) {
    const bool exists = *io_->Exists(segments_.PathOf(segment));
    auto file =
        io_->Open(segments_.PathOf(segment), {.mode = exists ? OpenMode::kReadWrite : OpenMode::kCreate});
    ASSERT_TRUE(file.ok() && WriteSync(io_.get(), file->get(), offset, AsBytes(bytes)).ok());
  }

  const TestDirectory directory_;
  SystemClock clock_;
  std::unique_ptr<Io> io_;
  NotingIo noting_;
  SegmentDirectory segments_;
};

TEST_F(RecoveryTest, AFileThatWasBeingCreatedAtAStopIsNeverDamage) {
  Write("f");
  WriteBytes(2, 0, std::string(3 * kBlockBytes, '\0'));
  EXPECT_THAT(Recover().damage, IsEmpty());
  Write("f");
  EXPECT_THAT(*segments_.List(), ElementsAre(1, 2, 3));
  EXPECT_THAT(Recover().damage, IsEmpty()) << "also when it is not the newest any more";
  EXPECT_EQ(Recover().last_sequence, 2u);
}

TEST_F(RecoveryTest, ASegmentWhoseHeaderIsDamagedIsDamage) {
  Write("f");
  WriteBytes(1, 0, "X");
  EXPECT_THAT(Recover().damage, ElementsAre(HasSubstr("not a segment")));
}

TEST_F(RecoveryTest, AMissingFirstSegmentIsDamage) {
  Write("f");
  Write("f");
  ASSERT_TRUE(io_->Remove(segments_.PathOf(1)).ok());
  EXPECT_THAT(Recover().damage, ElementsAre(HasSubstr("facts 1 to 1 are missing")));
}

TEST_F(RecoveryTest, ASegmentThatBecameZerosIsDamage) {
  Write("f");
  Write("ff");
  Write("f");
  WriteBytes(2, 0, std::string(16 * kBlockBytes, '\0'));
  EXPECT_THAT(Recover().damage, ElementsAre(HasSubstr("facts 2 to 3 are missing")));
}

TEST_F(RecoveryTest, NumbersOfFactsThatCannotBeReadAreNotGivenAgain) {
  Write("fff");  // data and commit records, a block each: the last commit lies in block 6
  WriteBytes(1, 6 * kBlockBytes + kRecordHeaderBytes, "X");
  for (LogPosition from : {LogPosition{}, LogPosition{1, 5 * kBlockBytes}}) {
    const RecoveryReport report = Recover(from);
    EXPECT_THAT(report.damage, ElementsAre(HasSubstr("offset 24576")));
    EXPECT_EQ(report.last_sequence, 3u);
  }
}

// A seal says that every byte before it was flushed.
TEST_F(RecoveryTest, FlushesDataThatNoFactRefersToBeforeTheSeal) {
  Write("d");
  EXPECT_EQ(noting_.notes_, "wswsws") << "segment header, data, seal: each written and flushed";
}

TEST(RecordHeader, OfAnotherFormatVersionIsUnsupportedNotDamage) {
  AlignedBuffer block(kBlockBytes);
  uint8_t* p = block.data();
  EncodeRecordHeader({.segment = 1, .offset = kBlockBytes}, {p, block.size()});
  ASSERT_TRUE(DecodeRecordHeader({p, block.size()}, 1, kBlockBytes).ok());
  StoreLe16(p + 4, 2);
  EXPECT_EQ(DecodeRecordHeader({p, block.size()}, 1, kBlockBytes).status().code(), StatusCode::kCorruption);
  StoreLe32(p + 12, 0);
  StoreLe32(p + 12, Crc32({p, kRecordHeaderBytes}));
  EXPECT_EQ(DecodeRecordHeader({p, block.size()}, 1, kBlockBytes).status().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace argent::storage
