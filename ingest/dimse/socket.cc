#include "ingest/dimse/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace argent::ingest {
namespace {

using std::chrono::milliseconds;

timeval ToTimeval(milliseconds time) {
  // Zero would mean for ever.
  const auto count = std::max<milliseconds::rep>(time.count(), 1);
  return {.tv_sec = count / 1000, .tv_usec = (count % 1000) * 1000};
}

// False when the time ran out.
bool Poll(int descriptor, short events, milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    pollfd entry{.fd = descriptor, .events = events, .revents = 0};
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const int count = poll(&entry, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (count >= 0 || errno != EINTR) return count != 0;
  }
}

Status ReadError(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK)
    return Status::Overloaded("the peer sent nothing within the read timeout");
  return Status::Aborted(
      fmt::format("the connection broke: {}", Status::FromErrno(error, "receive").message()));
}

Status ClosedByPeer() { return Status::Aborted("the peer closed the connection"); }

Status Interrupted() { return Status::Overloaded("the server stops"); }

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<std::unique_ptr<Socket>> ConnectTo(const addrinfo& address, milliseconds timeout) {
  const int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return Status::FromErrno(errno, "socket");
  auto made = std::make_unique<Socket>(descriptor);
  if (connect(descriptor, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return Status::FromErrno(errno, "connect");
    if (!Poll(descriptor, POLLOUT, timeout)) return Status::IoError("connect: no answer in time");
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return Status::FromErrno(error, "connect");
  }
  fcntl(descriptor, F_SETFL, 0);  // blocking from here on
  return made;
}

// Passes over `bytes` of the buffers.
std::span<iovec> Consume(std::span<iovec> buffers, size_t bytes) {
  while (!buffers.empty() && bytes >= buffers.front().iov_len) {
    bytes -= buffers.front().iov_len;
    buffers = buffers.subspan(1);
  }
  if (!buffers.empty()) {
    buffers.front().iov_base = static_cast<uint8_t*>(buffers.front().iov_base) + bytes;
    buffers.front().iov_len -= bytes;
  }
  return buffers;
}

}  // namespace

Result<std::unique_ptr<Socket>> Socket::Connect(const std::string& host, uint16_t port,
                                                milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return Status::NotFound(fmt::format("host {}: {}", host, gai_strerror(error)));
  const std::unique_ptr<addrinfo, AddressListDeleter> owner(list);
  Status last = Status::NotFound(fmt::format("host {} has no address", host));
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    auto connected = ConnectTo(*address, timeout);
    if (connected.ok()) return connected;
    last = Status::IoError(fmt::format("{} port {}: {}", host, port, connected.status().message()));
  }
  return last;
}

Socket::Socket(int descriptor) : descriptor_(descriptor) {
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(descriptor_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

Socket::~Socket() { close(descriptor_); }

void Socket::SetTimeouts(milliseconds read, milliseconds write) {
  const timeval read_time = ToTimeval(read);
  const timeval write_time = ToTimeval(write);
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &read_time, sizeof read_time);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &write_time, sizeof write_time);
}

Result<size_t> Socket::Read(std::span<iovec> buffers) {
  for (;;) {
    if (is_interrupted()) return Interrupted();
    const ssize_t count = readv(descriptor_, buffers.data(), static_cast<int>(buffers.size()));
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) return is_interrupted() ? Interrupted() : ClosedByPeer();
    if (errno != EINTR) return ReadError(errno);
  }
}

Result<size_t> Socket::ReadAvailable(MutableByteView buffer) {
  for (;;) {
    if (is_interrupted()) return Interrupted();
    const ssize_t count = recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) return is_interrupted() ? Interrupted() : ClosedByPeer();
    if (errno == EAGAIN || errno == EWOULDBLOCK) return size_t{0};
    if (errno != EINTR) return ReadError(errno);
  }
}

bool Socket::WaitReadable(milliseconds timeout) { return Poll(descriptor_, POLLIN, timeout); }

Status Socket::WriteAll(std::span<iovec> buffers) {
  while (!buffers.empty()) {
    msghdr message{};
    message.msg_iov = buffers.data();
    message.msg_iovlen = buffers.size();
    const ssize_t count = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (count >= 0) {
      buffers = Consume(buffers, static_cast<size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Status::Aborted("the peer took nothing within the write timeout");
    } else if (errno != EINTR) {
      return Status::Aborted(
          fmt::format("the connection broke: {}", Status::FromErrno(errno, "send").message()));
    }
  }
  return Status::Ok();
}

Status Socket::WriteNow(ByteView bytes) {
  const ssize_t count = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count == static_cast<ssize_t>(bytes.size())) return Status::Ok();
  return Status::Aborted("the peer does not take what is sent");
}

void Socket::ShutdownWrite() { shutdown(descriptor_, SHUT_WR); }

void Socket::DiscardAvailable() {
  uint8_t scrap[4096];
  // 1 MiB at most: a peer that goes on sending does not hold us here.
  for (int i = 0; i < 256; ++i) {
    if (recv(descriptor_, scrap, sizeof scrap, MSG_DONTWAIT) <= 0) return;
  }
}

void Socket::Interrupt(bool hard) {
  interrupted_.store(true, std::memory_order_relaxed);
  shutdown(descriptor_, hard ? SHUT_RDWR : SHUT_RD);
}

SocketAddress PeerAddress(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  SocketAddress out;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    out.port = ntohs(v4.sin_port);
    out.is_loopback = ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    out.port = ntohs(v6.sin6_port);
    out.is_loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
  }
  out.host = text;
  return out;
}

}  // namespace argent::ingest
