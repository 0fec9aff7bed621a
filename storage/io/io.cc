#include "storage/io/io.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "storage/base/log.h"
#include "storage/base/mutex.h"

namespace argent::storage {

namespace {

// As many as keep a fast device busy with 256 KiB writes.
constexpr int kFallbackThreads = 8;

// Submits one operation and waits for its callback. Must not be called from a callback: nobody would be left
// to wake it.
void RunAndWait(Io* io, IoOperation* operation) {
  Mutex mutex;
  CondVar finished;
  bool over = false;
  operation->done = [&](IoOperation*) {
    // Notifies under the lock: once it is free the waiter may return and these variables are gone.
    MutexLock lock(&mutex);
    over = true;
    finished.NotifyOne();
  };
  io->Submit({operation});
  MutexLock lock(&mutex);
  while (!over) finished.Wait(&mutex);
}

constexpr size_t kHugePageBytes = size_t{2} << 20;

uint8_t* AllocateSmall(size_t bytes) {
  void* memory = std::aligned_alloc(kIoAlignment, bytes == 0 ? kIoAlignment : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, bytes);
  return static_cast<uint8_t*>(memory);
}

// The kernel's fresh pages are zeros already. In huge ones, because the upload buffers are pinned as a whole
// when they are registered: 32,768 small pages cost a start 0.4 s.
uint8_t* MapLarge(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  madvise(memory, bytes, MADV_HUGEPAGE);  // a kernel without them gives small ones
  return static_cast<uint8_t*>(memory);
}

}  // namespace

std::unique_ptr<Io> NewBestIo() {
  Result<std::unique_ptr<Io>> uring = NewUringIo({});
  if (uring.ok()) return std::move(uring).value();
  ARGENT_LOG_WARNING("io_uring cannot be used, falling back to a pool of {} threads: {}", kFallbackThreads,
                     uring.status().message());
  return NewPosixIo(kFallbackThreads);
}

Result<size_t> ReadSync(Io* io, IoFile* file, uint64_t offset, MutableByteView buffer) {
  IoOperation operation;
  operation.kind = IoOperation::Kind::kRead;
  operation.file = file;
  operation.offset = offset;
  operation.buffer = buffer.data();
  operation.length = buffer.size();
  RunAndWait(io, &operation);
  if (!operation.status.ok()) return operation.status;
  return operation.transferred;
}

Status WriteSync(Io* io, IoFile* file, uint64_t offset, ByteView bytes) {
  IoOperation operation;
  operation.kind = IoOperation::Kind::kWrite;
  operation.file = file;
  operation.offset = offset;
  operation.buffer = const_cast<uint8_t*>(bytes.data());  // a write only reads it
  operation.length = bytes.size();
  RunAndWait(io, &operation);
  return operation.status;
}

Status SyncSync(Io* io, IoFile* file) {
  IoOperation operation;
  operation.kind = IoOperation::Kind::kSync;
  operation.file = file;
  RunAndWait(io, &operation);
  return operation.status;
}

AlignedBuffer::AlignedBuffer(size_t bytes)
    : size_((bytes + kIoAlignment - 1) / kIoAlignment * kIoAlignment),
      data_(size_ < kHugePageBytes ? AllocateSmall(size_) : MapLarge(size_), Free{size_}) {}

void AlignedBuffer::Free::operator()(uint8_t* p) const {
  if (size < kHugePageBytes) {
    std::free(p);
  } else {
    munmap(p, size);
  }
}

}  // namespace argent::storage
