#include "ingest/dimse/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace argent::ingest {
namespace {

// Thousands may connect at the same instant; the kernel cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

void SetPort(sockaddr_storage* address, uint16_t port) {
  if (address->ss_family == AF_INET) reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  if (address->ss_family == AF_INET6) reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
}

uint16_t BoundPort(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  const in_port_t port = address.ss_family == AF_INET6
                             ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                             : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return ntohs(port);
}

// A listening descriptor, or an errno as a negative number.
int OpenOne(const addrinfo& entry, uint16_t port) {
  sockaddr_storage address{};
  std::memcpy(&address, entry.ai_addr, entry.ai_addrlen);
  SetPort(&address, port);
  const int descriptor = socket(entry.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (entry.ai_family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), entry.ai_addrlen) == 0 &&
      listen(descriptor, kBacklog) == 0) {
    return descriptor;
  }
  const int error = errno;
  close(descriptor);
  return -error;
}

Status OpenError(int error, std::string_view what, const std::string& bind_address, uint16_t port) {
  const std::string where =
      fmt::format("{} port {}{}", what, port, bind_address.empty() ? "" : " on " + bind_address);
  if (error == EADDRINUSE) {
    return Status::AlreadyExists(where + " is in use by another program: stop it or choose another port");
  }
  return Status::FromErrno(error, where);
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::Open(std::string_view what, const std::string& bind_address,
                                                 uint16_t port) {
  // With port 0 the first address gets a port that may be taken on the second.
  constexpr int kAttempts = 8;
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::unique_ptr<Listener> listener(new Listener);
    status = listener->OpenAll(what, bind_address, port);
    if (status.ok()) return listener;
    if (port != 0 || status.code() != StatusCode::kAlreadyExists) break;
  }
  return status;
}

Status Listener::OpenAll(std::string_view what, const std::string& bind_address, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const char* name = bind_address.empty() ? nullptr : bind_address.c_str();
  const int error = getaddrinfo(name, "0", &hints, &list);
  if (error != 0) {
    return Status::InvalidArgument(fmt::format("cannot listen on {}: {}", bind_address, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, AddressListDeleter> owner(list);
  port_ = port;
  int unavailable = 0;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const int descriptor = OpenOne(*entry, port_);
    // A machine may have no IPv6, or the name stand for an address that is not its own.
    if (descriptor == -EAFNOSUPPORT || descriptor == -EADDRNOTAVAIL) {
      unavailable = -descriptor;
      continue;
    }
    if (descriptor < 0) return OpenError(-descriptor, what, bind_address, port_);
    descriptors_.push_back(descriptor);
    port_ = BoundPort(descriptor);
  }
  return descriptors_.empty() ? OpenError(unavailable, what, bind_address, port_) : Status::Ok();
}

Listener::~Listener() {
  for (const int descriptor : descriptors_) close(descriptor);
}

}  // namespace argent::ingest
