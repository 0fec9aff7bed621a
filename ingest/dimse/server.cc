#include "ingest/dimse/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ingest/dimse/pdu.h"
#include "ingest/dimse/socket.h"
#include "storage/base/log.h"

namespace argent::ingest {

struct DimseServer::Connection {
  int descriptor = -1;  // while it is not an association yet
  std::string host;
  uint16_t port = 0;
  std::string received;  // of the A-ASSOCIATE-RQ
  std::unique_ptr<Association> association;
  Time deadline;

  ~Connection() {
    if (descriptor >= 0) close(descriptor);
  }
};

namespace {
struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  std::string host() const {
    char text[INET6_ADDRSTRLEN] = {};
    if (storage.ss_family == AF_INET6) {
      inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, text, sizeof text);
    } else {
      inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, text, sizeof text);
    }
    return text;
  }
  uint16_t port() const {
    return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port
                                               : reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
};

bool ParseAddress(const std::string& text, uint16_t port, Address* address) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address->storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address->storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address->size = sizeof(sockaddr_in);
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  address->size = sizeof(sockaddr_in6);
  return true;
}

bool IsLoopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

void Watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

// What is sent before there is an association is small and fits the socket's buffer; a peer that does not take it loses it.
void SendBestEffort(int descriptor, const std::string& pdu) {
  [[maybe_unused]] ssize_t sent = send(descriptor, pdu.data(), pdu.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}
}  // namespace

DimseServer::DimseServer(DimseServerOptions options, std::vector<DimseService*> services)
    : options_(std::move(options)), services_(std::move(services)) {}

DimseServer::~DimseServer() { Stop(std::chrono::milliseconds(0)); }

Status DimseServer::Start() {
  Address address;
  if (!ParseAddress(options_.bind, options_.port, &address)) {
    return Status::InvalidArgument("bind: \"" + options_.bind + "\" is no IPv4 or IPv6 address");
  }
  listener_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener_ < 0) return Status::FromErrno(errno, "socket");
  int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener_, address.raw(), address.size) != 0 || listen(listener_, 1024) != 0) {
    int error = errno;
    std::string what = fmt::format("the DIMSE port {} on {} cannot be opened", options_.port, options_.bind);
    if (error == EADDRINUSE) return Status::AlreadyExists(what + ": another program uses it; choose another with --dimse-port");
    return Status::FromErrno(error, what);
  }
  getsockname(listener_, address.raw(), &address.size);
  port_ = address.port();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wakeup_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Watch(epoll_, listener_);
  Watch(epoll_, wakeup_);
  loop_ = std::thread([this] { Loop(); });
  return Status::Ok();
}

void DimseServer::Stop(std::chrono::milliseconds drain) {
  if (!loop_.joinable()) {
    if (listener_ >= 0) close(std::exchange(listener_, -1));
    return;
  }
  stopping_ = true;
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(wakeup_, &one, sizeof one);
  loop_.join();
  const Time deadline = std::chrono::steady_clock::now() + drain;
  {
    MutexLock lock(&mutex_);
    while (threads_ > 0) {
      bool late = std::chrono::steady_clock::now() >= deadline;
      if (late) {
        for (Association* association : active_) association->Interrupt(true);
      }
      quiet_.WaitFor(&mutex_, std::chrono::milliseconds(20));
    }
    returned_.clear();
  }
  waiting_.clear();
  for (int* descriptor : {&listener_, &epoll_, &wakeup_}) close(std::exchange(*descriptor, -1));
}

void DimseServer::Loop() {
  constexpr int kEventsMax = 64;
  epoll_event events[kEventsMax];
  Time next_expiry = std::chrono::steady_clock::now();
  while (!stopping_) {
    int count = epoll_wait(epoll_, events, kEventsMax, 500);
    for (int i = 0; i < count; ++i) {
      int descriptor = events[i].data.fd;
      if (descriptor == listener_) {
        AcceptAll();
      } else if (descriptor == wakeup_) {
        uint64_t value = 0;
        [[maybe_unused]] ssize_t got = read(wakeup_, &value, sizeof value);
      } else {
        OnReadable(descriptor);
      }
    }
    TakeBack();
    if (std::chrono::steady_clock::now() >= next_expiry) {
      Expire();
      next_expiry = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    }
  }
  close(std::exchange(listener_, -1));
}

void DimseServer::AcceptAll() {
  while (true) {
    Address address;
    int descriptor = accept4(listener_, address.raw(), &address.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;  // none left, or out of descriptors: the next round tries again
    if (waiting_.size() >= options_.connections_max) {
      close(descriptor);
      continue;
    }
    auto connection = std::make_unique<Connection>();
    connection->descriptor = descriptor;
    connection->host = address.host();
    connection->port = address.port();
    connection->deadline = std::chrono::steady_clock::now() + options_.artim;
    waiting_[descriptor] = std::move(connection);
    Watch(epoll_, descriptor);
  }
}

void DimseServer::Close(int descriptor) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  auto found = waiting_.find(descriptor);
  if (found == waiting_.end()) return;
  if (found->second->association) CountPeer(found->second->host, -1);
  waiting_.erase(found);
}

void DimseServer::Expire() {
  const Time now = std::chrono::steady_clock::now();
  std::vector<int> late;
  for (const auto& [descriptor, connection] : waiting_) {
    if (now >= connection->deadline) late.push_back(descriptor);
  }
  for (int descriptor : late) {
    ARGENT_LOG_INFO("closed after silence: {}", waiting_[descriptor]->host);
    Close(descriptor);
  }
}

void DimseServer::OnReadable(int descriptor) {
  auto found = waiting_.find(descriptor);
  if (found == waiting_.end()) return;
  if (!found->second->association) return ReadRequest(found->second.get());
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  std::unique_ptr<Connection> connection = std::move(found->second);
  waiting_.erase(found);
  Run(std::move(connection));
}

void DimseServer::ReadRequest(Connection* connection) {
  int descriptor = connection->descriptor;
  std::string& received = connection->received;
  size_t wanted = kPduHeaderBytes;
  while (true) {
    if (received.size() >= kPduHeaderBytes) {
      const uint8_t* header = AsBytes(received).data();
      uint32_t length = LoadBe32(header + 2);
      if (header[0] != static_cast<uint8_t>(PduType::kAssociateRq) || length > kAssociatePduBytesMax) {
        SendBestEffort(descriptor, EncodeAbort(2, static_cast<uint8_t>(AbortReason::kUnexpectedPdu)));
        return Close(descriptor);
      }
      wanted = kPduHeaderBytes + length;
    }
    if (received.size() == wanted && wanted > kPduHeaderBytes) break;
    char buffer[4096];
    ssize_t got = recv(descriptor, buffer, std::min(sizeof buffer, wanted - received.size()), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return Close(descriptor);
    received.append(buffer, static_cast<size_t>(got));
  }
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  auto node = waiting_.extract(descriptor);
  Establish(std::move(node.mapped()));
}

// Adds or removes one association of a peer; false when adding would pass a bound.
bool DimseServer::CountPeer(const std::string& host, int change) {
  MutexLock lock(&mutex_);
  if (change < 0) {
    --associations_;
    if (--associations_of_[host] == 0) associations_of_.erase(host);
    return true;
  }
  size_t of_peer = associations_of_.contains(host) ? associations_of_[host] : 0;
  if (associations_ >= options_.associations_max) return false;
  if (!IsLoopback(host) && of_peer >= options_.associations_per_peer_max) return false;
  ++associations_;
  ++associations_of_[host];
  return true;
}

void DimseServer::Establish(std::unique_ptr<Connection> connection) {
  auto reject = [&](const AssociateReject& reason) {
    ARGENT_LOG_WARNING("association from {} rejected: {}", connection->host, reason.ToString());
    SendBestEffort(connection->descriptor, EncodeAssociateReject(reason));
  };
  Result<AssociateRequest> request = DecodeAssociateRequest(AsBytes(connection->received).subspan(kPduHeaderBytes));
  if (!request.ok()) {
    ARGENT_LOG_WARNING("association from {}: {}", connection->host, request.status().message());
    SendBestEffort(connection->descriptor, EncodeAbort(2, static_cast<uint8_t>(AbortReason::kInvalidPduParameterValue)));
    return;
  }
  auto negotiated = Negotiate(*request, options_.policy, services_);
  if (auto* rejected = std::get_if<AssociateReject>(&negotiated)) return reject(*rejected);
  if (!CountPeer(connection->host, 1)) return reject(kRejectLocalLimit);
  Accepted& accepted = std::get<Accepted>(negotiated);
  accepted.parameters.peer_host = connection->host;
  accepted.parameters.peer_port = connection->port;
  SendBestEffort(connection->descriptor, EncodeAssociateAccept(accepted.answer));
  auto socket = std::make_unique<Socket>(std::exchange(connection->descriptor, -1), options_.read_timeout, options_.write_timeout);
  connection->received = std::string();
  connection->association = std::make_unique<Association>(std::move(socket), std::move(accepted.parameters));
  connection->deadline = std::chrono::steady_clock::now() + options_.idle_timeout;
  int descriptor = connection->association->socket_descriptor();
  waiting_[descriptor] = std::move(connection);
  Watch(epoll_, descriptor);
}

void DimseServer::Run(std::unique_ptr<Connection> connection) {
  {
    MutexLock lock(&mutex_);
    ++threads_;
    active_.insert(connection->association.get());
  }
  std::thread([this, owned = std::move(connection)]() mutable {
    Association* association = owned->association.get();
    bool open = RunCommands(association);
    std::string host = owned->host;
    {
      MutexLock lock(&mutex_);
      active_.erase(association);
    }
    if (!open) {
      owned.reset();
      CountPeer(host, -1);
    }
    MutexLock lock(&mutex_);
    if (open) returned_.push_back(std::move(owned));
    uint64_t one = 1;
    [[maybe_unused]] ssize_t written = write(wakeup_, &one, sizeof one);
    --threads_;
    quiet_.NotifyAll();
  }).detach();
}

// False when the association is over.
bool DimseServer::RunCommands(Association* association) {
  while (!stopping_) {
    Result<ReceivedCommand> received = association->ReceiveCommand(options_.linger);
    if (!received.ok()) return association->is_open();
    const Command& command = received->command;
    if (!command.is_request()) continue;  // a response or a cancel that comes too late
    const PresentationContext& context = *received->context;
    DimseService* serving = nullptr;
    for (DimseService* service : services_) {
      if (serving == nullptr && service->Serves(context.abstract_syntax)) serving = service;
    }
    Status status = serving == nullptr || !context.as_scp ? RefuseOperation(*association, context, command)
                                                          : serving->Handle(*association, context, command);
    if (!status.ok()) {
      if (association->is_open()) ARGENT_LOG_WARNING("{}: {}", association->parameters().peer(), status.message());
      association->Abort();
      return false;
    }
  }
  association->Abort(AbortReason::kNotSpecified, AbortSource::kServiceProvider);
  return false;
}

void DimseServer::TakeBack() {
  std::vector<std::unique_ptr<Connection>> returned;
  {
    MutexLock lock(&mutex_);
    returned.swap(returned_);
  }
  for (auto& connection : returned) {
    if (connection->association->has_buffered_input()) {
      Run(std::move(connection));
      continue;
    }
    connection->deadline = std::chrono::steady_clock::now() + options_.idle_timeout;
    int descriptor = connection->association->socket_descriptor();
    waiting_[descriptor] = std::move(connection);
    Watch(epoll_, descriptor);
  }
}

}  // namespace argent::ingest
