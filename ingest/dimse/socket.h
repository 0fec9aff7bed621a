// A connected TCP socket with bounded waits, a small read-ahead for PDU headers, and reads straight into the caller's memory.
// One thread at a time; Interrupt() from any.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

class Socket {
 public:
  // Owns `descriptor`, which becomes non-blocking with TCP_NODELAY.
  Socket(int descriptor, std::chrono::milliseconds read_timeout, std::chrono::milliseconds write_timeout);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }
  bool has_buffered_input() const { return begin_ < end_; }
  // True when a byte can be read; false when the time ran out.
  Result<bool> WaitForInput(std::chrono::milliseconds timeout);
  // At least one byte, at most `out`. What comes along behind `out` is kept for the next call. kAborted: the peer closed.
  Result<size_t> ReadSome(MutableByteView out);
  Status ReadExactly(MutableByteView out);
  Status Discard(uint64_t bytes);
  // All of `pieces`, whose entries it changes.
  Status Write(std::span<iovec> pieces);
  void Interrupt(bool hard);
  bool interrupted() const { return interrupted_ != 0; }

 private:
  Result<bool> WaitFor(short events, std::chrono::milliseconds timeout);

  const int descriptor_;
  const int wakeup_;  // eventfd
  const std::chrono::milliseconds read_timeout_;
  const std::chrono::milliseconds write_timeout_;
  std::atomic<int> interrupted_{0};  // 1: reads end, 2: writes too
  std::array<uint8_t, 4096> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace argent::ingest
