// UringIo: io_uring, one ring, one thread that owns it. Submit() puts operations into a queue and wakes the
// thread through an eventfd the ring itself reads; the thread turns them into submissions, one completion
// each, and runs the callbacks.
//
// The bounds: an operation holds a slot from its first submission to its end, and there is one slot fewer
// than the ring has entries (the last is for the wake-up), so neither the submission nor the completion queue
// can overflow. The kernel makes the completion queue twice as long.
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <future>
#include <optional>
#include <thread>

#include "storage/base/mutex.h"
#include "storage/io/io_progress.h"
#include "storage/io/os_file_io.h"
#include "storage/io/uring_ring.h"

namespace argent::storage {

namespace {

constexpr unsigned kDepthMin = 2;     // one operation and the wake-up
constexpr unsigned kDepthMax = 4096;  // what the oldest kernels with the opcodes we need accept
constexpr uint64_t kWakeTag = ~uint64_t{0};
constexpr size_t kRegisteredPieceBytes = size_t{1} << 30;  // the kernel's limit for one registered buffer

class UringIo final : public OsFileIo {
 public:
  static Result<std::unique_ptr<Io>> Create(unsigned depth) {
    const int wake_descriptor = eventfd(0, EFD_CLOEXEC);
    if (wake_descriptor < 0) return Status::FromErrno(errno, "eventfd");
    std::unique_ptr<UringIo> io(new UringIo(wake_descriptor));
    std::promise<Status> started;
    std::future<Status> status = started.get_future();
    io->thread_ = std::thread(
        [raw = io.get(), depth, promise = std::move(started)]() mutable { raw->Run(depth, &promise); });
    ARGENT_RETURN_IF_ERROR(status.get());
    return std::unique_ptr<Io>(std::move(io));
  }

  ~UringIo() override {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      Wake();
    }
    thread_.join();
    close(wake_descriptor_);
  }

  std::string_view name() const override { return "io_uring"; }

  void Submit(std::vector<IoOperation*> operations) override {
    MutexLock lock(&mutex_);
    for (IoOperation* operation : operations) {
      ARGENT_CHECK(operation != nullptr && operation->file != nullptr && operation->done);
      queue_.push_back(operation);
    }
    WakeIfAsleep();
  }

  Status RegisterBuffers(MutableByteView memory) override {
    if (memory.empty()) return Status::InvalidArgument("no memory to register");
    Registration registration{memory, {}};
    std::future<Status> status = registration.status.get_future();
    {
      MutexLock lock(&mutex_);
      if (registered_) return Status::InvalidArgument("buffers are registered already");
      registered_ = true;
      registration_ = &registration;
      WakeIfAsleep();
    }
    return status.get();
  }

 private:
  struct Registration {
    MutableByteView memory;
    std::promise<Status> status;
  };
  struct Work {
    std::vector<IoOperation*> operations;
    Registration* registration = nullptr;
    bool stopping = false;
  };

  explicit UringIo(int wake_descriptor) : wake_descriptor_(wake_descriptor) {}

  void WakeIfAsleep() ARGENT_REQUIRES(mutex_) {
    if (asleep_.exchange(false, std::memory_order_relaxed)) Wake();
  }

  void Wake() {
    const uint64_t one = 1;
    // Fails only when the counter would overflow: then the thread has a wake-up pending anyway.
    while (write(wake_descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
    }
  }

  void Run(unsigned depth, std::promise<Status>* started) {
    Ring ring;
    const Status opened = ring.Open(depth);
    if (opened.ok()) {
      ring_ = &ring;
      slots_.resize(ring.entries() - 1);
      for (size_t slot = slots_.size(); slot > 0; --slot) free_slots_.push_back(slot - 1);
    }
    started->set_value(opened);
    if (opened.ok()) Loop();
  }

  void Loop() {
    for (;;) {
      const Work work = TakeWork();
      if (work.registration != nullptr) Register(work.registration);
      for (IoOperation* operation : work.operations) Begin(operation);
      RunCallbacks();  // of operations that were over before they began
      const bool idle = free_slots_.size() == slots_.size() && !wake_armed_;
      if (work.stopping && idle) {
        if (work.operations.empty()) return;
        continue;  // a callback may have submitted more, and nothing is in the ring to wait for
      }
      if (!wake_armed_ && !work.stopping) ArmWake();
      ring_->SubmitAndWait();
      asleep_.store(false, std::memory_order_relaxed);
      ring_->Reap([this](uint64_t tag, int result) { Complete(tag, result); });
      RunCallbacks();
    }
  }

  Work TakeWork() {
    MutexLock lock(&mutex_);
    Work work;
    work.registration = std::exchange(registration_, nullptr);
    work.stopping = stopping_;
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), free_slots_.size()));
    work.operations.assign(queue_.begin(), queue_.begin() + count);
    queue_.erase(queue_.begin(), queue_.begin() + count);
    // With a full ring a completion comes anyway; only an idle thread needs waking. Whoever submits after
    // this line under the lock sees the flag, whoever submitted before is in `work`.
    asleep_.store(queue_.empty(), std::memory_order_relaxed);
    return work;
  }

  void Begin(IoOperation* operation) {
    const size_t slot = free_slots_.back();
    if (!slots_[slot].Start(operation)) {
      finished_.push_back(operation);
      return;
    }
    free_slots_.pop_back();
    Prepare(slot);
  }

  void Prepare(size_t slot) {
    const IoProgress& progress = slots_[slot];
    const IoOperation& operation = *progress.operation();
    const IoProgress::Piece piece = progress.Next();
    const auto length = static_cast<unsigned>(piece.length);
    const int descriptor = DescriptorOf(operation.file);
    const std::optional<int> fixed = RegisteredIndex(piece);
    io_uring_sqe* submission = ring_->NewSubmission();
    switch (operation.kind) {
      case IoOperation::Kind::kRead:
        if (fixed) {
          io_uring_prep_read_fixed(submission, descriptor, piece.buffer, length, piece.offset, *fixed);
        } else {
          io_uring_prep_read(submission, descriptor, piece.buffer, length, piece.offset);
        }
        break;
      case IoOperation::Kind::kWrite:
        if (fixed) {
          io_uring_prep_write_fixed(submission, descriptor, piece.buffer, length, piece.offset, *fixed);
        } else {
          io_uring_prep_write(submission, descriptor, piece.buffer, length, piece.offset);
        }
        break;
      case IoOperation::Kind::kSync:
        io_uring_prep_fsync(submission, descriptor, IORING_FSYNC_DATASYNC);
        break;
    }
    io_uring_sqe_set_data64(submission, slot);
  }

  void Complete(uint64_t tag, int result) {
    if (tag == kWakeTag) {
      wake_armed_ = false;
      return;
    }
    ARGENT_CHECK(tag < slots_.size());
    IoProgress& progress = slots_[tag];
    if (!progress.Advance(result)) {
      Prepare(tag);
      return;
    }
    finished_.push_back(progress.operation());
    free_slots_.push_back(tag);
  }

  // After the completions have been given back to the kernel, so that a slow callback holds none of them.
  void RunCallbacks() {
    for (IoOperation* operation : finished_) operation->done(operation);
    finished_.clear();
  }

  void ArmWake() {
    io_uring_sqe* submission = ring_->NewSubmission();
    io_uring_prep_read(submission, wake_descriptor_, &wake_value_, sizeof wake_value_, 0);
    io_uring_sqe_set_data64(submission, kWakeTag);
    wake_armed_ = true;
  }

  void Register(Registration* registration) {
    // Ours before it is fulfilled: whoever waits for it then drops the registration.
    std::promise<Status> status = std::move(registration->status);
    status.set_value(RegisterPieces(registration->memory));
  }

  Status RegisterPieces(MutableByteView memory) {
    std::vector<iovec> pieces;
    for (size_t position = 0; position < memory.size(); position += kRegisteredPieceBytes) {
      pieces.push_back({memory.data() + position, std::min(kRegisteredPieceBytes, memory.size() - position)});
    }
    const int error = ring_->RegisterBuffers(pieces);
    if (error == 0) {
      registered_memory_ = memory;
      return Status::Ok();
    }
    return Status::Unsupported(fmt::format(
        "io_uring: {} bytes of buffers cannot be registered: {}{}", memory.size(), std::strerror(error),
        error == ENOMEM ? " (raise the memlock limit: LimitMEMLOCK=)" : ""));
  }

  // The registered buffer that holds all of the piece.
  std::optional<int> RegisteredIndex(const IoProgress::Piece& piece) const {
    const auto begin = reinterpret_cast<uintptr_t>(registered_memory_.data());
    const auto buffer = reinterpret_cast<uintptr_t>(piece.buffer);
    if (piece.length == 0 || buffer < begin) return std::nullopt;
    const size_t position = buffer - begin;
    if (position >= registered_memory_.size() || piece.length > registered_memory_.size() - position)
      return std::nullopt;
    const size_t first = position / kRegisteredPieceBytes;
    const size_t last = (position + piece.length - 1) / kRegisteredPieceBytes;
    return first == last ? std::optional<int>(static_cast<int>(first)) : std::nullopt;
  }

  const int wake_descriptor_;
  std::thread thread_;

  // Of the thread alone.
  Ring* ring_ = nullptr;
  std::vector<IoProgress> slots_;
  std::vector<size_t> free_slots_;
  std::vector<IoOperation*> finished_;
  MutableByteView registered_memory_;
  uint64_t wake_value_ = 0;
  bool wake_armed_ = false;

  std::atomic<bool> asleep_{false};  // the thread waits, or is about to, and would not see a new operation

  Mutex mutex_;
  std::deque<IoOperation*> queue_
      ARGENT_GUARDED_BY(mutex_);  // holds pointers only; the callers bound their operations
  Registration* registration_ ARGENT_GUARDED_BY(mutex_) = nullptr;
  bool registered_ ARGENT_GUARDED_BY(mutex_) = false;
  bool stopping_ ARGENT_GUARDED_BY(mutex_) = false;
};

}  // namespace

Result<std::unique_ptr<Io>> NewUringIo(const UringOptions& options) {
  return UringIo::Create(std::clamp(options.depth, kDepthMin, kDepthMax));
}

}  // namespace argent::storage
