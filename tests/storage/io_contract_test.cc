// What every Io promises about data operations; runs over UringIo and PosixIo alike.
#include "tests/storage/io_test_support.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace argent::storage {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// Operations that count down when they are over.
class Batch {
 public:
  IoOperation* Add(IoOperation::Kind kind, IoFile* file, uint64_t offset, uint8_t* buffer, size_t length) {
    auto operation = std::make_unique<IoOperation>();
    operation->kind = kind;
    operation->file = file;
    operation->offset = offset;
    operation->buffer = buffer;
    operation->length = length;
    operation->done = [this](IoOperation*) {
      if (--left_ == 0) finished_.set_value();
    };
    operations_.push_back(std::move(operation));
    return operations_.back().get();
  }
  void Run(Io* io) {
    Start(io);
    Wait();
  }
  void Start(Io* io) {
    left_ = operations_.size();
    std::vector<IoOperation*> pointers;
    for (const auto& operation : operations_) pointers.push_back(operation.get());
    io->Submit(pointers);
  }
  void Wait() { finished_.get_future().wait(); }
  bool AllFinished() const { return left_ == 0; }
  bool AllOk() const {
    for (const auto& operation : operations_) {
      if (!operation->status.ok() || operation->transferred != operation->length) return false;
    }
    return true;
  }

 private:
  std::vector<std::unique_ptr<IoOperation>> operations_;
  std::atomic<size_t> left_{0};
  std::promise<void> finished_;
};

TEST_P(IoContract, ReadsBackWhatItWroteAndSynced) {
  const std::vector<uint8_t> bytes = RandomBytes(1, 100'000);
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  ASSERT_TRUE(WriteSync(io_.get(), file.get(), 12'345, bytes).ok());
  ASSERT_TRUE(SyncSync(io_.get(), file.get()).ok());
  std::vector<uint8_t> back(bytes.size());
  const Result<size_t> read = ReadSync(io_.get(), file.get(), 12'345, back);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(*read, bytes.size());
  EXPECT_THAT(back, ElementsAreArray(bytes));
}

TEST_P(IoContract, ReadsShortAtTheEndOfTheFile) {
  Create("f", RandomBytes(2, 1000));
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kRead);
  std::vector<uint8_t> buffer(4096);
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 0, buffer), 1000u);
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 999, buffer), 1u);
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 1000, buffer), 0u);
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 1 << 30, buffer), 0u);
}

TEST_P(IoContract, ReadsShortAtAnUnalignedEndOfADirectFile) {
  const std::vector<uint8_t> bytes = RandomBytes(3, 3 * kIoAlignment + 777);
  Create("f", bytes);
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kRead, true);
  AlignedBuffer buffer(8 * kIoAlignment);
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 0, {buffer.data(), buffer.size()}), bytes.size());
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 3 * kIoAlignment, {buffer.data(), buffer.size()}), 777u);
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 4 * kIoAlignment, {buffer.data(), buffer.size()}), 0u);
}

TEST_P(IoContract, TransfersNothingOfLengthZero) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  EXPECT_TRUE(WriteSync(io_.get(), file.get(), 0, {}).ok());
  EXPECT_EQ(*ReadSync(io_.get(), file.get(), 0, {}), 0u);
}

TEST_P(IoContract, RefusesUnalignedOperationsOnADirectFile) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate, true);
  if (!file->direct()) GTEST_SKIP() << "the file system of " << file->path() << " has no O_DIRECT";
  AlignedBuffer buffer(2 * kIoAlignment);
  const ByteView aligned(buffer.data(), kIoAlignment);
  EXPECT_EQ(WriteSync(io_.get(), file.get(), 512, aligned).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(WriteSync(io_.get(), file.get(), 0, aligned.first(100)).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(WriteSync(io_.get(), file.get(), 0, {buffer.data() + 8, kIoAlignment}).code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(*io_->FileSize(file.get()), 0u);
  EXPECT_TRUE(WriteSync(io_.get(), file.get(), 0, aligned).ok());
}

TEST_P(IoContract, RefusesOffsetsBeyondAnyFile) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  const std::vector<uint8_t> byte(1);
  const Status status = WriteSync(io_.get(), file.get(), ~uint64_t{0}, byte);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status.ToString();
}

TEST_P(IoContract, SaysWhichFileAndOffsetFailed) {
  Create("f", RandomBytes(4, 10));
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kRead);
  const std::vector<uint8_t> byte(1);
  const Status status = WriteSync(io_.get(), file.get(), 7, byte);
  EXPECT_EQ(status.code(), StatusCode::kIoError);
  EXPECT_THAT(status.message(), HasSubstr(file->path()));
  EXPECT_THAT(status.message(), HasSubstr("offset 7"));
}

TEST_P(IoContract, RunsManyMoreOperationsThanTheRingHolds) {
  constexpr size_t kCount = 50 * kDepth;
  constexpr size_t kBytes = 2 * kIoAlignment;
  AlignedBuffer out(kCount * kBytes);
  AlignedBuffer in(kCount * kBytes);
  FillRandom(5, &out);
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate, true);
  Batch writes;
  Batch reads;
  for (size_t i = 0; i < kCount; ++i) {
    writes.Add(IoOperation::Kind::kWrite, file.get(), i * kBytes, out.data() + i * kBytes, kBytes);
    reads.Add(IoOperation::Kind::kRead, file.get(), i * kBytes, in.data() + i * kBytes, kBytes);
  }
  writes.Run(io_.get());
  ASSERT_TRUE(writes.AllOk());
  ASSERT_TRUE(SyncSync(io_.get(), file.get()).ok());
  reads.Run(io_.get());
  ASSERT_TRUE(reads.AllOk());
  EXPECT_EQ(std::memcmp(in.data(), out.data(), out.size()), 0);
}

TEST_P(IoContract, TakesOperationsFromManyThreads) {
  constexpr size_t kThreads = 4;
  constexpr size_t kRounds = 50;
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t round = 0; round < kRounds; ++round) {
        const std::vector<uint8_t> bytes = RandomBytes(t * kRounds + round, 5000);
        std::vector<uint8_t> back(bytes.size());
        const uint64_t offset = (t * kRounds + round) * bytes.size();
        if (!WriteSync(io_.get(), file.get(), offset, bytes).ok()) ++wrong;
        const Result<size_t> read = ReadSync(io_.get(), file.get(), offset, back);
        if (!read.ok() || back != bytes) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);
}

TEST_P(IoContract, UsesRegisteredAndOtherMemoryAlike) {
  constexpr size_t kBytes = 16 * kIoAlignment;
  AlignedBuffer registered(kBytes);
  AlignedBuffer other(kBytes);
  FillRandom(6, &registered);
  io_->RegisterBuffers({registered.data(), registered.size()})
      .IgnoreError("limits may refuse it; all works the same");
  EXPECT_EQ(io_->RegisterBuffers({other.data(), other.size()}).code(), StatusCode::kInvalidArgument);
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate, true);
  ASSERT_TRUE(WriteSync(io_.get(), file.get(), 0, {registered.data(), kBytes}).ok());
  ASSERT_EQ(*ReadSync(io_.get(), file.get(), 0, {other.data(), kBytes}), kBytes);
  EXPECT_EQ(std::memcmp(registered.data(), other.data(), kBytes), 0);
  // The middle of the registered memory, back and forth.
  uint8_t* middle = registered.data() + 4 * kIoAlignment;
  ASSERT_EQ(*ReadSync(io_.get(), file.get(), 0, {middle, 4 * kIoAlignment}), 4 * kIoAlignment);
  EXPECT_EQ(std::memcmp(middle, other.data(), 4 * kIoAlignment), 0);
  ASSERT_TRUE(WriteSync(io_.get(), file.get(), kBytes, {middle, 4 * kIoAlignment}).ok());
  EXPECT_EQ(*io_->FileSize(file.get()), kBytes + 4 * kIoAlignment);
}

TEST_P(IoContract, RefusesToRegisterNothing) {
  EXPECT_EQ(io_->RegisterBuffers({}).code(), StatusCode::kInvalidArgument);
}

TEST_P(IoContract, CallsBackOutsideSubmitAndOneAtATime) {
  constexpr int kCount = 100;
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::vector<uint8_t> byte(1);
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  std::atomic<int> left{kCount};
  std::atomic<int> on_this_thread{0};
  std::promise<void> finished;
  const std::thread::id submitter = std::this_thread::get_id();
  std::vector<IoOperation> operations(kCount);
  std::vector<IoOperation*> pointers;
  for (IoOperation& operation : operations) {
    operation.kind = IoOperation::Kind::kWrite;
    operation.file = file.get();
    operation.buffer = byte.data();
    operation.length = 1;
    operation.done = [&](IoOperation*) {
      if (inside.fetch_add(1) != 0) ++overlaps;
      if (std::this_thread::get_id() == submitter) ++on_this_thread;
      inside.fetch_sub(1);
      if (--left == 0) finished.set_value();
    };
    pointers.push_back(&operation);
  }
  io_->Submit(pointers);
  finished.get_future().wait();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(on_this_thread, 0);
}

TEST_P(IoContract, LetsACallbackSubmitItsOwnOperationAgain) {
  constexpr size_t kRounds = 100;
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::vector<uint8_t> bytes = RandomBytes(7, 4096);
  size_t round = 0;
  std::promise<void> finished;
  IoOperation operation;
  operation.kind = IoOperation::Kind::kWrite;
  operation.file = file.get();
  operation.buffer = bytes.data();
  operation.length = bytes.size();
  operation.done = [&](IoOperation* self) {
    if (!self->status.ok() || ++round == kRounds) return finished.set_value();
    self->offset += self->length;
    io_->Submit({self});
  };
  io_->Submit({&operation});
  finished.get_future().wait();
  EXPECT_TRUE(operation.status.ok()) << operation.status.ToString();
  EXPECT_EQ(*io_->FileSize(file.get()), kRounds * bytes.size());
}

TEST_P(IoContract, LetsACallbackDestroyItsOperation) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::promise<Status> finished;
  auto* operation = new IoOperation;
  operation->kind = IoOperation::Kind::kSync;
  operation->file = file.get();
  operation->done = [&finished](IoOperation* self) {
    std::promise<Status>* result = &finished;
    const Status status = self->status;
    delete self;
    result->set_value(status);
  };
  io_->Submit({operation});
  EXPECT_TRUE(finished.get_future().get().ok());
}

TEST_P(IoContract, WaitsForEverythingInFlightWhenDestroyed) {
  constexpr size_t kCount = 20 * kDepth;
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::vector<uint8_t> bytes = RandomBytes(8, 65536);
  Batch batch;
  for (size_t i = 0; i < kCount; ++i) {
    batch.Add(IoOperation::Kind::kWrite, file.get(), i * bytes.size(), bytes.data(), bytes.size());
  }
  batch.Start(io_.get());
  io_.reset();
  EXPECT_TRUE(batch.AllFinished());
  EXPECT_TRUE(batch.AllOk());
}

TEST_P(IoContract, RunsWhatCallbacksSubmitWhileItIsDestroyed) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::atomic<int> runs{0};
  IoOperation operation;
  operation.kind = IoOperation::Kind::kSync;
  operation.file = file.get();
  operation.done = [&, io = io_.get()](IoOperation* self) {
    if (++runs < 30) io->Submit({self});
  };
  io_->Submit({&operation});
  io_.reset();
  EXPECT_EQ(runs, 30);
}

TEST_P(IoContract, EndsInvalidOperationsSubmittedByCallbacksWhileItIsDestroyed) {
  const std::unique_ptr<IoFile> file = Open("f", OpenMode::kCreate);
  std::vector<uint8_t> byte(1);
  std::atomic<int> runs{0};
  IoOperation operation;
  operation.kind = IoOperation::Kind::kWrite;
  operation.file = file.get();
  operation.offset = ~uint64_t{0};
  operation.buffer = byte.data();
  operation.length = 1;
  operation.done = [&, io = io_.get()](IoOperation* self) {
    if (++runs < 30) io->Submit({self});
  };
  io_->Submit({&operation});
  io_.reset();
  EXPECT_EQ(runs, 30);
}

TEST_P(IoContract, StartsAndStopsIdle) {}

std::string ParameterName(const ::testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Data, IoContract, ::testing::Values("uring", "posix"), ParameterName);

}  // namespace
}  // namespace argent::storage
