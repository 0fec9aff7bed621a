#include "storage/segment/buffer_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "storage/base/log.h"
#include "storage/segment/format.h"

namespace argent::storage {

BufferPool::BufferPool(Io* io, size_t buffer_count)
    : buffer_count_(buffer_count), memory_(buffer_count * kPoolBufferBytes) {
  for (size_t i = buffer_count; i > 0; --i) free_.push_back(memory_.data() + (i - 1) * kPoolBufferBytes);
  Status status = io->RegisterBuffers({memory_.data(), memory_.size()});
  if (!status.ok())
    ARGENT_LOG_INFO("upload buffers are not registered with {}: {}", io->name(), status.message());
}

Result<uint8_t*> BufferPool::Acquire(int timeout_ms) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  MutexLock lock(&mutex_);
  while (free_.empty()) {
    auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return Status::Overloaded("all upload buffers are in use; the disk is slower than the senders");
    available_.WaitFor(&mutex_, left);
  }
  uint8_t* buffer = free_.back();
  free_.pop_back();
  return buffer;
}

void BufferPool::Release(uint8_t* buffer) {
  {
    MutexLock lock(&mutex_);
    free_.push_back(buffer);
  }
  available_.NotifyOne();
}

size_t BufferPool::free_count() const {
  MutexLock lock(&mutex_);
  return free_.size();
}

DataChain::DataChain(DataChain&& other) noexcept
    : pool_(other.pool_),
      buffers_(std::exchange(other.buffers_, {})),
      payload_bytes_(std::exchange(other.payload_bytes_, 0)),
      block_checksums_(std::exchange(other.block_checksums_, {})) {}

DataChain& DataChain::operator=(DataChain&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  pool_ = other.pool_;
  buffers_ = std::exchange(other.buffers_, {});
  payload_bytes_ = std::exchange(other.payload_bytes_, 0);
  block_checksums_ = std::exchange(other.block_checksums_, {});
  return *this;
}

size_t DataChain::used_bytes() const { return buffers_.empty() ? 0 : kRecordHeaderBytes + payload_bytes_; }

Result<MutableByteView> DataChain::Reserve(int timeout_ms) {
  if (needs_buffer()) {
    if (buffers_.size() == kBuffersMax) return MutableByteView();
    ARGENT_ASSIGN_OR_RETURN(uint8_t * buffer, pool_->Acquire(timeout_ms));
    buffers_.push_back(buffer);
  }
  size_t free = free_in_last();
  return MutableByteView(buffers_.back() + (kPoolBufferBytes - free), free);
}

void DataChain::Advance(size_t bytes) {
  ARGENT_CHECK(bytes <= free_in_last());
  payload_bytes_ += bytes;
}

std::vector<ByteView> DataChain::PayloadPieces() const {
  std::vector<ByteView> pieces;
  uint64_t left = payload_bytes_;
  for (size_t i = 0; i < buffers_.size(); ++i) {
    size_t skip = i == 0 ? kRecordHeaderBytes : 0;
    size_t take = static_cast<size_t>(std::min<uint64_t>(left, kPoolBufferBytes - skip));
    pieces.emplace_back(buffers_[i] + skip, take);
    left -= take;
  }
  return pieces;
}

void DataChain::Checksum() { block_checksums_ = BlockChecksums(PayloadPieces()); }

void DataChain::Clear() {
  for (uint8_t* buffer : buffers_) pool_->Release(buffer);
  buffers_.clear();
  payload_bytes_ = 0;
  block_checksums_.clear();
}

}  // namespace argent::storage
