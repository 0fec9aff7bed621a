#include "storage/io/io_progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <thread>

namespace argent::storage {

namespace {

constexpr size_t kPieceBytesMax = size_t{1} << 30;

// EAGAIN means the kernel lacked a request or memory for a moment. A thousand times in a row, each after a
// yield, is no moment any more: then the operation fails instead of spinning for ever.
constexpr unsigned kRetriesMax = 1000;

std::string_view KindName(IoOperation::Kind kind) {
  switch (kind) {
    case IoOperation::Kind::kRead:
      return "read";
    case IoOperation::Kind::kWrite:
      return "write";
    case IoOperation::Kind::kSync:
      return "fdatasync";
  }
  return "operation";
}

std::string Describe(const IoOperation& operation) {
  if (operation.kind == IoOperation::Kind::kSync) return fmt::format("fdatasync {}", operation.file->path());
  return fmt::format("{} {} offset {} length {}", KindName(operation.kind), operation.file->path(),
                     operation.offset, operation.length);
}

Status Validate(const IoOperation& operation) {
  if (operation.kind == IoOperation::Kind::kSync) return Status::Ok();
  constexpr auto kOffsetMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (operation.offset > kOffsetMax || operation.length > kOffsetMax - operation.offset) {
    return Status::InvalidArgument(Describe(operation) + ": beyond the largest file offset");
  }
  if (!operation.file->direct()) return Status::Ok();
  if (operation.offset % kIoAlignment != 0 || operation.length % kIoAlignment != 0 ||
      reinterpret_cast<uintptr_t>(operation.buffer) % kIoAlignment != 0) {
    return Status::InvalidArgument(
        fmt::format("{}: not aligned to {} bytes, as O_DIRECT demands", Describe(operation), kIoAlignment));
  }
  return Status::Ok();
}

}  // namespace

bool IoProgress::Start(IoOperation* operation) {
  operation_ = operation;
  retries_ = 0;
  operation->transferred = 0;
  operation->status = Validate(*operation);
  return operation->status.ok();
}

IoProgress::Piece IoProgress::Next() const {
  const size_t transferred = operation_->transferred;
  // A zero length may come with a null buffer; adding zero to it is fine.
  return {operation_->buffer + transferred, std::min(operation_->length - transferred, kPieceBytesMax),
          operation_->offset + transferred};
}

bool IoProgress::Advance(int64_t result) {
  if (result < 0) return AdvanceAfterError(static_cast<int>(-result));
  if (operation_->kind == IoOperation::Kind::kSync) return true;
  return AdvanceAfterBytes(static_cast<size_t>(result));
}

bool IoProgress::AdvanceAfterError(int error) {
  const bool transient = error == EAGAIN || error == EINTR;
  if (transient && ++retries_ <= kRetriesMax) {
    if (error == EAGAIN) std::this_thread::yield();
    return false;
  }
  // Never asked again after any other error: a second fdatasync would say "ok" about pages the kernel has
  // dropped.
  return Fail(Status::FromErrno(error, Describe(*operation_)));
}

bool IoProgress::AdvanceAfterBytes(size_t bytes) {
  const bool direct = operation_->file->direct();
  operation_->transferred += bytes;
  if (operation_->transferred == operation_->length) return true;
  if (operation_->kind == IoOperation::Kind::kRead) {
    retries_ = 0;
    // O_DIRECT ends between blocks only where the file does, and must not be asked to go on from there.
    return bytes == 0 || (direct && operation_->transferred % kIoAlignment != 0);
  }
  // A direct write goes on at a block boundary; the bytes before are written twice, the same.
  if (direct) operation_->transferred -= operation_->transferred % kIoAlignment;
  if (bytes > 0) {
    retries_ = direct && bytes < kIoAlignment ? retries_ + 1 : 0;
    if (retries_ <= kRetriesMax) return false;
  }
  return Fail(Status::IoError(fmt::format("{}: the file system takes no more after {} bytes",
                                          Describe(*operation_), operation_->transferred)));
}

bool IoProgress::Fail(Status status) {
  operation_->status = std::move(status);
  return true;
}

}  // namespace argent::storage
