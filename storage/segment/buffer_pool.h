// A fixed pool of buffers for Data Sets on their way in, allocated once and registered with the Io, so that
// memory is bounded by design: whoever finds it empty waits. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/base/mutex.h"
#include "storage/base/status.h"
#include "storage/io/io.h"

namespace argent::storage {

inline constexpr size_t kPoolBufferBytes = 256 * 1024;

class BufferPool {
 public:
  // Registers the memory with `io`, which must outlive the pool.
  BufferPool(Io* io, size_t buffer_count);
  // Waits at most `timeout_ms`; kOverloaded when none came free.
  Result<uint8_t*> Acquire(int timeout_ms);
  void Release(uint8_t* buffer);
  size_t buffer_count() const { return buffer_count_; }
  size_t free_count() const;
  // Less than a quarter is free: Uploads should hand on what they hold.
  bool under_pressure() const { return free_count() * 4 < buffer_count_; }

 private:
  size_t buffer_count_;
  AlignedBuffer memory_;
  mutable Mutex mutex_;
  CondVar available_;
  std::vector<uint8_t*> free_ ARGENT_GUARDED_BY(mutex_);  // the last released is the warmest: used first
};

// Payload bytes for one record, in pooled buffers: the first has room for the record header in front, so that
// header and payload leave memory as they are written to disk, without a copy. Move-only; gives its buffers
// back when destroyed.
class DataChain {
 public:
  explicit DataChain(BufferPool* pool) : pool_(pool) {}
  DataChain(DataChain&& other) noexcept;
  DataChain& operator=(DataChain&& other) noexcept;
  ~DataChain() { Clear(); }

  static constexpr size_t kBuffersMax = 8;  // one record: 2 MiB
  // Free space at the end, acquiring a buffer when needed; empty when the chain is full.
  Result<MutableByteView> Reserve(int timeout_ms);
  void Advance(size_t bytes);

  bool empty() const { return payload_bytes_ == 0; }
  bool full() const { return free_in_last() == 0 && buffers_.size() == kBuffersMax; }
  // The next Reserve() has to acquire a buffer.
  bool needs_buffer() const { return free_in_last() == 0; }
  uint64_t payload_bytes() const { return payload_bytes_; }
  size_t buffer_count() const { return buffers_.size(); }
  uint8_t* buffer(size_t i) { return buffers_[i]; }
  std::vector<ByteView> PayloadPieces() const;
  // Computes the block checksums (once the payload is complete, by the thread that filled it: its cache is
  // warm).
  void Checksum();
  const std::vector<uint32_t>& block_checksums() const { return block_checksums_; }
  void Clear();

 private:
  size_t used_bytes() const;  // of all buffers, header room included
  size_t free_in_last() const { return buffers_.size() * kPoolBufferBytes - used_bytes(); }

  BufferPool* pool_;
  std::vector<uint8_t*> buffers_;
  uint64_t payload_bytes_ = 0;
  std::vector<uint32_t> block_checksums_;
};

}  // namespace argent::storage
