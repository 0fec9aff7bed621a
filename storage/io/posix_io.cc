// PosixIo: a bounded pool of threads over pread, pwrite and fdatasync. The fallback where io_uring is
// refused, and the plain reading of the contract in io.h that UringIo is held against.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <thread>

#include "storage/base/mutex.h"
#include "storage/io/io_progress.h"
#include "storage/io/os_file_io.h"

namespace argent::storage {

namespace {

constexpr int kThreadsMax = 64;  // more threads than a device has queue slots gain nothing

class PosixIo final : public OsFileIo {
 public:
  explicit PosixIo(int threads) {
    const int count = std::clamp(threads, 1, kThreadsMax);
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~PosixIo() override {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      not_empty_.NotifyAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

  std::string_view name() const override { return "posix"; }

  void Submit(std::vector<IoOperation*> operations) override {
    MutexLock lock(&mutex_);
    for (IoOperation* operation : operations) {
      ARGENT_CHECK(operation != nullptr && operation->file != nullptr && operation->done);
      queue_.push_back(operation);
    }
    if (operations.size() == 1) {
      not_empty_.NotifyOne();
    } else {
      not_empty_.NotifyAll();
    }
  }

  Status RegisterBuffers(MutableByteView memory) override {
    MutexLock lock(&mutex_);
    if (memory.empty()) return Status::InvalidArgument("no memory to register");
    if (registered_) return Status::InvalidArgument("buffers are registered already");
    registered_ = true;  // pread and pwrite map the pages at every call anyway
    return Status::Ok();
  }

 private:
  void Work() {
    for (IoOperation* operation = Take(); operation != nullptr; operation = Take()) {
      IoProgress progress;
      if (progress.Start(operation)) {
        while (!progress.Advance(Call(progress))) {
        }
      }
      // One at a time, as from a single completion thread: callers need no lock among their own callbacks.
      MutexLock lock(&callback_mutex_);
      operation->done(operation);
    }
  }

  // Null when stopping and nothing is left to do. Callbacks that still run may submit more; their thread
  // takes that itself.
  IoOperation* Take() {
    MutexLock lock(&mutex_);
    while (queue_.empty() && !stopping_) not_empty_.Wait(&mutex_);
    if (queue_.empty()) return nullptr;
    IoOperation* operation = queue_.front();
    queue_.pop_front();
    return operation;
  }

  static int64_t Call(const IoProgress& progress) {
    const IoOperation& operation = *progress.operation();
    const IoProgress::Piece piece = progress.Next();
    const int descriptor = DescriptorOf(operation.file);
    const auto offset = static_cast<off_t>(piece.offset);
    int64_t result = 0;
    switch (operation.kind) {
      case IoOperation::Kind::kRead:
        result = pread(descriptor, piece.buffer, piece.length, offset);
        break;
      case IoOperation::Kind::kWrite:
        result = pwrite(descriptor, piece.buffer, piece.length, offset);
        break;
      case IoOperation::Kind::kSync:
        result = fdatasync(descriptor);
        break;
    }
    return result < 0 ? -int64_t{errno} : result;
  }

  std::vector<std::thread> threads_;
  Mutex callback_mutex_;

  Mutex mutex_;
  CondVar not_empty_;
  std::deque<IoOperation*> queue_
      ARGENT_GUARDED_BY(mutex_);  // holds pointers only; the callers bound their operations
  bool stopping_ ARGENT_GUARDED_BY(mutex_) = false;
  bool registered_ ARGENT_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<Io> NewPosixIo(int threads) { return std::make_unique<PosixIo>(threads); }

}  // namespace argent::storage
