// Questions: What does a group commit cost, by how the blocks of the segment came to be and by how many
// writes share a flush? And what does Io cost over the bare system calls when one write and its flush are
// waited for alone?
//
// Data: seeded random bytes, O_DIRECT, buffers registered. One item is a write of 512 KiB; every group ends
// with fdatasync. Files lie in the folder ARGENT_BENCH_DIR (default: the temporary folder), which should be
// on the device in question.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "storage/base/mutex.h"
#include "storage/base/random.h"
#include "storage/io/io.h"

namespace argent::storage {
namespace {

constexpr size_t kWriteBytes = size_t{512} << 10;
constexpr uint64_t kSegmentBytes = uint64_t{128} << 20;
constexpr size_t kWritesMax = 32;
constexpr int kFallocateWriteZeroes = 0x80;  // FALLOC_FL_WRITE_ZEROES, Linux 6.17; not in older headers

enum Layout : int { kGrowing, kFallocated, kZeroesByDevice, kWrittenBefore };
const char* LayoutName(int layout) {
  constexpr const char* kNames[] = {"growing", "fallocated", "write_zeroes", "written_before"};
  return kNames[layout];
}

std::string BenchPath() {
  const char* directory = std::getenv("ARGENT_BENCH_DIR");
  const std::filesystem::path folder =
      directory != nullptr ? directory : std::filesystem::temp_directory_path();
  return (folder / ("argent_io_bench_" + std::to_string(getpid()))).string();
}

// Submits operations and waits for all of them.
class Waiter {
 public:
  void Run(Io* io, const std::vector<IoOperation*>& operations) {
    {
      MutexLock lock(&mutex_);
      left_ = operations.size();
    }
    for (IoOperation* operation : operations) operation->done = [this](IoOperation*) { Finish(); };
    io->Submit(operations);
    MutexLock lock(&mutex_);
    while (left_ > 0) finished_.Wait(&mutex_);
  }

 private:
  void Finish() {
    MutexLock lock(&mutex_);
    if (--left_ == 0) finished_.NotifyOne();
  }
  Mutex mutex_;
  CondVar finished_;
  size_t left_ ARGENT_GUARDED_BY(mutex_) = 0;
};

// One segment file on one Io, written from front to back and begun anew when it is full.
class Segment {
 public:
  Segment(std::unique_ptr<Io> io, int layout, size_t writes)
      : io_(std::move(io)), layout_(layout), operations_(writes) {
    Random(1).Fill({buffer_.data(), buffer_.size()});
    io_->RegisterBuffers({buffer_.data(), buffer_.size()}).IgnoreError("limits may refuse it");
    for (size_t i = 0; i < writes; ++i) {
      operations_[i].kind = IoOperation::Kind::kWrite;
      operations_[i].buffer = buffer_.data() + i * kWriteBytes;
      operations_[i].length = kWriteBytes;
      pointers_.push_back(&operations_[i]);
    }
    sync_.kind = IoOperation::Kind::kSync;
  }
  ~Segment() { std::filesystem::remove(path_); }

  bool Full() const { return file_ == nullptr || offset_ + operations_.size() * kWriteBytes > kSegmentBytes; }

  Status Begin() {
    offset_ = 0;
    if (file_ != nullptr && layout_ == kWrittenBefore) return Status::Ok();
    file_.reset();
    std::filesystem::remove(path_);
    ARGENT_ASSIGN_OR_RETURN(file_, io_->Open(path_, {OpenMode::kCreate, true}));
    if (layout_ == kFallocated || layout_ == kWrittenBefore) {
      ARGENT_RETURN_IF_ERROR(io_->Preallocate(file_.get(), kSegmentBytes));
    }
    if (layout_ == kZeroesByDevice) ARGENT_RETURN_IF_ERROR(WriteZeroes());
    if (layout_ == kWrittenBefore) {
      while (!Full()) ARGENT_RETURN_IF_ERROR(WriteGroup());
      offset_ = 0;
    }
    return SyncSync(io_.get(), file_.get());
  }

  Status WriteGroup() {
    for (IoOperation& operation : operations_) {
      operation.file = file_.get();
      operation.offset = offset_;
      offset_ += kWriteBytes;
    }
    waiter_.Run(io_.get(), pointers_);
    for (const IoOperation& operation : operations_) ARGENT_RETURN_IF_ERROR(operation.status);
    sync_.file = file_.get();
    waiter_.Run(io_.get(), {&sync_});
    return sync_.status;
  }

 private:
  Status WriteZeroes() {
    const int descriptor = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    const int result = fallocate(descriptor, kFallocateWriteZeroes, 0, static_cast<off_t>(kSegmentBytes));
    const int error = errno;
    close(descriptor);
    return result == 0 ? Status::Ok() : Status::FromErrno(error, "FALLOC_FL_WRITE_ZEROES");
  }

  const std::string path_ = BenchPath();
  const std::unique_ptr<Io> io_;
  const int layout_;
  AlignedBuffer buffer_{kWritesMax * kWriteBytes};
  std::vector<IoOperation> operations_;
  std::vector<IoOperation*> pointers_;
  IoOperation sync_;
  Waiter waiter_;
  std::unique_ptr<IoFile> file_;
  uint64_t offset_ = 0;
};

void RunGroups(benchmark::State& state, Segment* segment, size_t writes) {
  for (auto _ : state) {
    if (segment->Full()) {
      state.PauseTiming();
      const Status begun = segment->Begin();
      if (!begun.ok()) return state.SkipWithError(begun.ToString().c_str());
      state.ResumeTiming();
    }
    const Status written = segment->WriteGroup();
    if (!written.ok()) return state.SkipWithError(written.ToString().c_str());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(writes));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(writes * kWriteBytes));
}

void GroupCommit(benchmark::State& state) {
  const auto layout = static_cast<int>(state.range(0));
  const auto writes = static_cast<size_t>(state.range(1));
  Result<std::unique_ptr<Io>> io = NewUringIo({});
  if (!io.ok()) return state.SkipWithError(io.status().ToString().c_str());
  Segment segment(std::move(io).value(), layout, writes);
  state.SetLabel(LayoutName(layout));
  RunGroups(state, &segment, writes);
}
BENCHMARK(GroupCommit)
    ->ArgsProduct({{kGrowing, kFallocated, kZeroesByDevice, kWrittenBefore}, {1, 2, 4, 8, 16, 32}})
    ->ArgNames({"layout", "writes"})
    ->UseRealTime()
    ->MeasureProcessCPUTime();

void LoneCommit(benchmark::State& state, const char* name) {
  Result<std::unique_ptr<Io>> io =
      std::strcmp(name, "posix") == 0 ? Result<std::unique_ptr<Io>>(NewPosixIo(4)) : NewUringIo({});
  if (!io.ok()) return state.SkipWithError(io.status().ToString().c_str());
  Segment segment(std::move(io).value(), kWrittenBefore, 1);
  RunGroups(state, &segment, 1);
}
BENCHMARK_CAPTURE(LoneCommit, uring, "uring")->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(LoneCommit, posix, "posix")->UseRealTime()->MeasureProcessCPUTime();

// The same with nothing between: what LoneCommit is measured against.
void LoneCommitBare(benchmark::State& state) {
  const std::string path = BenchPath();
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
  AlignedBuffer buffer(kWriteBytes);
  Random(1).Fill({buffer.data(), buffer.size()});
  uint64_t offset = 0;
  const auto write = [&] {
    if (offset == kSegmentBytes) offset = 0;
    const ssize_t written = pwrite(descriptor, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    offset += kWriteBytes;
    return written == static_cast<ssize_t>(buffer.size());
  };
  bool ok = descriptor >= 0;
  for (uint64_t i = 0; ok && i < kSegmentBytes / kWriteBytes; ++i) ok = write();
  if (!ok || fdatasync(descriptor) != 0) return state.SkipWithError("cannot write the file");
  for (auto _ : state) {
    if (!write() || fdatasync(descriptor) != 0) return state.SkipWithError("write failed");
  }
  close(descriptor);
  unlink(path.c_str());
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kWriteBytes));
}
BENCHMARK(LoneCommitBare)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace argent::storage

BENCHMARK_MAIN();
