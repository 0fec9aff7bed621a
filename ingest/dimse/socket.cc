#include "ingest/dimse/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace argent::ingest {

Socket::Socket(int descriptor, std::chrono::milliseconds read_timeout, std::chrono::milliseconds write_timeout)
    : descriptor_(descriptor),
      wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      read_timeout_(read_timeout),
      write_timeout_(write_timeout) {
  fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
  int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::~Socket() {
  close(descriptor_);
  close(wakeup_);
}

void Socket::Interrupt(bool hard) {
  interrupted_ = std::max(interrupted_.load(), hard ? 2 : 1);
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(wakeup_, &one, sizeof one);
}

Result<bool> Socket::WaitFor(short events, std::chrono::milliseconds timeout) {
  const int ends_at = events == POLLIN ? 1 : 2;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (interrupted_ >= ends_at) return Status::Aborted("the server is stopping");
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd polled[2] = {{descriptor_, events, 0}, {wakeup_, POLLIN, 0}};
    // A soft interrupt leaves the event set; a writer must not spin on it.
    int count = poll(polled, interrupted_ != 0 ? 1 : 2, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (count < 0 && errno != EINTR) return Status::FromErrno(errno, "poll");
    if (polled[0].revents != 0) return true;
    if (left.count() <= 0) return false;
  }
}

Result<bool> Socket::WaitForInput(std::chrono::milliseconds timeout) {
  if (has_buffered_input()) return true;
  return WaitFor(POLLIN, timeout);
}

Result<size_t> Socket::ReadSome(MutableByteView out) {
  if (has_buffered_input()) {
    size_t take = std::min(out.size(), end_ - begin_);
    std::memcpy(out.data(), buffer_.data() + begin_, take);
    begin_ += take;
    return take;
  }
  while (true) {
    iovec pieces[2] = {{out.data(), out.size()}, {buffer_.data(), buffer_.size()}};
    ssize_t got = readv(descriptor_, pieces, 2);
    if (got > 0) {
      size_t bytes = static_cast<size_t>(got);
      begin_ = 0;
      end_ = bytes > out.size() ? bytes - out.size() : 0;
      return std::min(bytes, out.size());
    }
    if (got == 0) return Status::Aborted("the peer closed the connection");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Status::Aborted(Status::FromErrno(errno, "the connection broke").message());
    ARGENT_ASSIGN_OR_RETURN(bool ready, WaitFor(POLLIN, read_timeout_));
    if (!ready) return Status::Aborted("the peer fell silent inside a message");
  }
}

Status Socket::ReadExactly(MutableByteView out) {
  while (!out.empty()) {
    ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSome(out));
    out = out.subspan(got);
  }
  return Status::Ok();
}

Status Socket::Discard(uint64_t bytes) {
  std::array<uint8_t, 16384> scratch;
  while (bytes > 0) {
    MutableByteView out(scratch.data(), static_cast<size_t>(std::min<uint64_t>(bytes, scratch.size())));
    ARGENT_ASSIGN_OR_RETURN(size_t got, ReadSome(out));
    bytes -= got;
  }
  return Status::Ok();
}

Status Socket::Write(std::span<iovec> pieces) {
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min<size_t>(pieces.size(), 512);
    ssize_t sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Status::Aborted(Status::FromErrno(errno, "the connection broke").message());
      ARGENT_ASSIGN_OR_RETURN(bool ready, WaitFor(POLLOUT, write_timeout_));
      if (!ready) return Status::Aborted("the peer takes no bytes");
      continue;
    }
    size_t left = static_cast<size_t>(sent);
    while (!pieces.empty() && left >= pieces.front().iov_len) {
      left -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (left > 0) {
      pieces.front().iov_base = static_cast<uint8_t*>(pieces.front().iov_base) + left;
      pieces.front().iov_len -= left;
    }
  }
  return Status::Ok();
}

}  // namespace argent::ingest
