#include "ingest/dimse/connection_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "storage/base/log.h"

namespace argent::ingest {
namespace {

using std::chrono::milliseconds;

constexpr int kEventsMax = 256;
constexpr int kAcceptsPerEventMax = 64;  // then the others have their turn
// For the peer to take a last PDU and close (the ARTIM timer of Sta13, but shorter: it holds nothing of value
// any more).
constexpr milliseconds kCloseTimeout{5'000};
// When descriptors run out. They come back within a round trip of some client.
constexpr milliseconds kAcceptPause{100};
constexpr milliseconds kWaitMax{60'000};
constexpr uint8_t kProvider = 2;
constexpr uint8_t kUnrecognizedPdu = 1;
constexpr uint8_t kUnexpectedPdu = 2;
constexpr uint8_t kInvalidPduParameterValue = 6;

bool Watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Unwatch(int epoll, int descriptor) { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nullptr); }

// The A-ABORT for a first PDU that is no A-ASSOCIATE-RQ of acceptable size; empty when it is one (Sta2, PS3.8
// Table 9-10).
std::string CheckFirstHeader(const uint8_t* header) {
  const uint8_t type = header[0];
  if (type == static_cast<uint8_t>(PduType::kAssociateRq)) {
    const bool fits = LoadBe32(header + 2) <= kAssociatePduBytesMax;
    return fits ? std::string() : EncodeAbort(kProvider, kInvalidPduParameterValue);
  }
  const bool is_known = type >= 1 && type <= static_cast<uint8_t>(PduType::kAbort);
  return EncodeAbort(kProvider, is_known ? kUnexpectedPdu : kUnrecognizedPdu);
}

}  // namespace

Result<std::unique_ptr<ConnectionLoop>> ConnectionLoop::Create(const Options& options,
                                                               std::unique_ptr<Listener> listener,
                                                               Handler* handler) {
  std::unique_ptr<ConnectionLoop> loop(new ConnectionLoop(options, std::move(listener), handler));
  ARGENT_RETURN_IF_ERROR(loop->Prepare());
  return loop;
}

ConnectionLoop::ConnectionLoop(const Options& options, std::unique_ptr<Listener> listener, Handler* handler)
    : options_(options), handler_(handler), listener_(std::move(listener)) {}

Status ConnectionLoop::Prepare() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0 || !Watch(epoll_, wake_)) return Status::FromErrno(errno, "DIMSE event loop");
  for (const int descriptor : listener_->descriptors()) {
    if (!Watch(epoll_, descriptor)) return Status::FromErrno(errno, "DIMSE event loop");
  }
  return Status::Ok();
}

Status ConnectionLoop::Begin() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return Status::Overloaded(std::string("DIMSE event loop: ") + error.what());
  }
  return Status::Ok();
}

ConnectionLoop::~ConnectionLoop() {
  Stop();
  if (epoll_ >= 0) close(epoll_);
  if (wake_ >= 0) close(wake_);
}

void ConnectionLoop::AddIdle(SeatedPointer association) { Hand({std::move(association), nullptr}); }

void ConnectionLoop::AddClosing(std::unique_ptr<Socket> socket) { Hand({nullptr, std::move(socket)}); }

void ConnectionLoop::Hand(Handed handed) {
  MutexLock lock(&mutex_);
  if (stopping_) return;
  handed_.push_back(std::move(handed));
  Wake();
}

void ConnectionLoop::Drain() {
  MutexLock lock(&mutex_);
  draining_ = true;
  Wake();
}

void ConnectionLoop::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    Wake();
  }
  if (thread_.joinable()) thread_.join();
}

void ConnectionLoop::Wake() {
  const uint64_t one = 1;
  // Only fails when the counter is full, and then the loop wakes anyway.
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void ConnectionLoop::Run() {
  epoll_event events[kEventsMax];
  for (;;) {
    const int count = epoll_wait(epoll_, events, kEventsMax, WaitMilliseconds());
    for (int i = 0; i < count; ++i) OnReadable(events[i].data.fd);
    {
      MutexLock lock(&mutex_);
      if (stopping_) break;
    }
    TakeHanded();
    Expire();
    ResumeAccepting();
  }
  entries_.clear();
  listener_.reset();
  waiting_count_ = 0;
}

int ConnectionLoop::WaitMilliseconds() const {
  const TimePoint now = std::chrono::steady_clock::now();
  TimePoint next = now + kWaitMax;
  for (const std::list<int>& order : order_) {
    if (!order.empty()) next = std::min(next, entries_.at(order.front()).deadline);
  }
  if (!accepting_ && !drained_) next = std::min(next, accept_again_);
  const auto left = std::chrono::ceil<milliseconds>(next - now).count();
  return static_cast<int>(std::max<milliseconds::rep>(left, 0));
}

void ConnectionLoop::TakeHanded() {
  std::vector<Handed> handed;
  bool draining = false;
  {
    MutexLock lock(&mutex_);
    handed.swap(handed_);
    draining = draining_;
  }
  for (Handed& one : handed) {
    if (one.association != nullptr) {
      const int descriptor = one.association->association->socket_descriptor();
      Entry entry;
      entry.association = std::move(one.association);
      Add(kIdle, descriptor, std::move(entry));
    } else {
      const int descriptor = one.closing->descriptor();
      Entry entry;
      entry.socket = std::move(one.closing);
      Add(kClosing, descriptor, std::move(entry));
    }
  }
  if (draining) BeginDrain();
}

void ConnectionLoop::BeginDrain() {
  drained_ = true;
  listener_.reset();  // closed, and so no longer watched
  while (!order_[kWaiting].empty()) Remove(order_[kWaiting].front());
  while (!order_[kIdle].empty()) {
    handler_->OnIdleEnd(std::move(Remove(order_[kIdle].front()).association), "the server stops");
  }
}

milliseconds ConnectionLoop::TimeoutOf(Kind kind) const {
  if (kind == kWaiting) return options_.artim_timeout;
  return kind == kIdle ? options_.idle_timeout : kCloseTimeout;
}

void ConnectionLoop::Add(Kind kind, int descriptor, Entry entry) {
  if (!Watch(epoll_, descriptor)) {
    ARGENT_LOG_ERROR("DIMSE event loop cannot watch a connection, which is closed");
    return;
  }
  entry.kind = kind;
  entry.deadline = std::chrono::steady_clock::now() + TimeoutOf(kind);
  entry.place = order_[kind].insert(order_[kind].end(), descriptor);
  entries_[descriptor] = std::move(entry);
  waiting_count_ = order_[kWaiting].size() + order_[kClosing].size();
}

ConnectionLoop::Entry ConnectionLoop::Remove(int descriptor) {
  Unwatch(epoll_, descriptor);
  const auto found = entries_.find(descriptor);
  Entry entry = std::move(found->second);
  entries_.erase(found);
  order_[entry.kind].erase(entry.place);
  waiting_count_ = order_[kWaiting].size() + order_[kClosing].size();
  return entry;
}

void ConnectionLoop::OnReadable(int descriptor) {
  if (descriptor == wake_) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(wake_, &count, sizeof count);
    return;
  }
  const auto found = entries_.find(descriptor);
  if (found == entries_.end()) {
    // A listening socket; or a connection that went earlier in this round of events, whose number Accept()
    // then finds not to be one.
    Accept(descriptor);
  } else if (found->second.kind == kWaiting) {
    ReadRequest(descriptor, &found->second);
  } else if (found->second.kind == kClosing) {
    ReadClosing(descriptor, &found->second);
  } else {
    handler_->OnInput(std::move(Remove(descriptor).association));
  }
}

void ConnectionLoop::Accept(int descriptor) {
  if (listener_ == nullptr ||
      std::count(listener_->descriptors().begin(), listener_->descriptors().end(), descriptor) == 0) {
    return;
  }
  for (int i = 0; i < kAcceptsPerEventMax; ++i) {
    // Blocking, as the threads that carry out operations want it; the loop itself only makes calls that do
    // not wait.
    const int accepted = accept4(descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) {
      if (waiting_count_ >= options_.connections_waiting_max) EvictOldest();
      Entry entry;
      entry.socket = std::make_unique<Socket>(accepted);
      Add(kWaiting, accepted, std::move(entry));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      PauseAccepting();
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

// The oldest that is being closed, or has said nothing for longest: the likeliest to be of no use to anybody.
void ConnectionLoop::EvictOldest() {
  for (const Kind kind : {kClosing, kWaiting}) {
    if (order_[kind].empty()) continue;
    Remove(order_[kind].front());
    return;
  }
}

void ConnectionLoop::PauseAccepting() {
  ARGENT_LOG_WARNING("out of descriptors or memory for a new connection: the oldest that waits is closed");
  EvictOldest();
  for (const int descriptor : listener_->descriptors()) Unwatch(epoll_, descriptor);
  accepting_ = false;
  accept_again_ = std::chrono::steady_clock::now() + kAcceptPause;
}

void ConnectionLoop::ResumeAccepting() {
  if (accepting_ || drained_ || std::chrono::steady_clock::now() < accept_again_) return;
  for (const int descriptor : listener_->descriptors()) Watch(epoll_, descriptor);
  accepting_ = true;
}

void ConnectionLoop::ReadRequest(int descriptor, Entry* entry) {
  // Never past the request: what follows is the association's.
  constexpr size_t kReadBytesMax = 4096;
  const auto body_bytes = [entry] { return LoadBe32(AsBytes(entry->request).data() + 2); };
  for (;;) {
    const size_t have = entry->request.size();
    const size_t whole = have < kPduHeaderBytes ? kPduHeaderBytes : kPduHeaderBytes + body_bytes();
    if (have == whole && have >= kPduHeaderBytes) return Answer(descriptor, entry);
    uint8_t bytes[kReadBytesMax];
    const auto count = entry->socket->ReadAvailable({bytes, std::min(whole - have, kReadBytesMax)});
    if (!count.ok()) {
      Remove(descriptor);
      return;
    }
    if (*count == 0) return;
    entry->request.append(AsText({bytes, *count}));
    if (have >= kPduHeaderBytes || entry->request.size() < kPduHeaderBytes) continue;
    const std::string abort = CheckFirstHeader(AsBytes(entry->request).data());
    if (!abort.empty()) return Refuse(Remove(descriptor).socket, abort);
  }
}

void ConnectionLoop::Answer(int descriptor, Entry* entry) {
  const std::string request = std::move(entry->request);
  std::unique_ptr<Socket> socket = Remove(descriptor).socket;
  auto answer = handler_->OnAssociateRequest(&socket, AsBytes(request).subspan(kPduHeaderBytes));
  if (auto* association = std::get_if<SeatedPointer>(&answer)) {
    Entry next;
    next.association = std::move(*association);
    Add(kIdle, descriptor, std::move(next));
  } else {
    Refuse(std::move(socket), std::get<std::string>(answer));
  }
}

// Sends a last PDU and waits for the peer to close.
void ConnectionLoop::Refuse(std::unique_ptr<Socket> socket, const std::string& pdu) {
  socket->WriteNow(AsBytes(pdu)).IgnoreError("a refusal; closing says the same");
  socket->ShutdownWrite();
  const int descriptor = socket->descriptor();
  Entry next;
  next.socket = std::move(socket);
  Add(kClosing, descriptor, std::move(next));
}

void ConnectionLoop::ReadClosing(int descriptor, Entry* entry) {
  uint8_t scrap[4096];
  const auto count = entry->socket->ReadAvailable(scrap);
  if (!count.ok()) Remove(descriptor);
}

void ConnectionLoop::Expire() {
  const TimePoint now = std::chrono::steady_clock::now();
  for (const Kind kind : {kWaiting, kIdle, kClosing}) {
    while (!order_[kind].empty() && entries_.at(order_[kind].front()).deadline <= now) {
      Entry entry = Remove(order_[kind].front());
      if (kind == kIdle) handler_->OnIdleEnd(std::move(entry.association), "idle for too long");
    }
  }
}

}  // namespace argent::ingest
