// A connected TCP socket with bounded waits: blocking calls under a read and a write timeout for the thread
// that carries out an operation, and non-blocking ones for the event loop. TCP_NODELAY is always on. One
// thread at a time, except Interrupt().
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

class Socket {
 public:
  // Tries every address of the host, each at most `timeout`. kNotFound: no such host; kIoError: the last
  // address's reason.
  static Result<std::unique_ptr<Socket>> Connect(const std::string& host, uint16_t port,
                                                 std::chrono::milliseconds timeout);
  // Owns `descriptor`, which is connected and blocking.
  explicit Socket(int descriptor);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void SetTimeouts(std::chrono::milliseconds read, std::chrono::milliseconds write);

  // At least one byte into the buffers, in order. kAborted: the peer closed or reset. kOverloaded: nothing
  // came within the read timeout, or Interrupt() was called: then the peer can still be told.
  Result<size_t> Read(std::span<iovec> buffers);
  // What is there now, without waiting; 0 when nothing. kAborted as Read().
  Result<size_t> ReadAvailable(MutableByteView buffer);
  // Whether a Read() would not wait; an end or an error counts.
  bool WaitReadable(std::chrono::milliseconds timeout);
  // All of it, the buffers changed on the way. Anything but ok leaves the stream of bytes cut: nothing more
  // may be sent.
  Status WriteAll(std::span<iovec> buffers);
  // All of it or a failure, without waiting; for the few bytes of a reject or an abort.
  Status WriteNow(ByteView bytes);

  void ShutdownWrite();
  // Throws away what has arrived, so that closing does not reset the connection under the last bytes sent.
  void DiscardAvailable();

  // From any thread: Read() fails from now on; with `hard` WriteAll() does too.
  void Interrupt(bool hard);
  bool is_interrupted() const { return interrupted_.load(std::memory_order_relaxed); }

  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
  std::atomic<bool> interrupted_{false};
};

// The numeric address and port of the other end; "" and 0 when the socket is no longer connected.
struct SocketAddress {
  std::string host;
  uint16_t port = 0;
  bool is_loopback = false;
};
SocketAddress PeerAddress(int descriptor);

}  // namespace argent::ingest
