#include "ingest/http/http_loop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <thread>
#include <vector>

#include "ingest/http/problem.h"
#include "ingest/http/request_head.h"
#include "storage/base/log.h"

namespace argent::ingest {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{250};  // how late a timeout may be seen
constexpr int kAcceptsPerWakeup = 64;

std::string RefusalResponse(int status, std::string_view detail) {
  const std::string body = ProblemBody(status, detail);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      status, ReasonPhrase(status), body.size(), body);
}

void SetBlocking(int descriptor) { fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK); }

std::string PeerText(int descriptor) {
  const SocketAddress address = PeerAddress(descriptor);
  const bool v6 = address.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", address.host, address.port)
            : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace

// Everything but the public calls runs on the loop's thread.
class HttpLoop::Impl {
 public:
  Impl(const HttpLoopOptions& options, std::unique_ptr<Listener> listener, Handler* handler)
      : options_(options), handler_(handler), listener_(std::move(listener)), tick_(io_) {}

  ~Impl() { Stop(); }

  Status Start() {
    for (const int descriptor : listener_->descriptors()) {
      acceptors_.push_back(std::make_unique<asio::posix::stream_descriptor>(io_, descriptor));
      WaitForClients(acceptors_.back().get());
    }
    Tick();
    thread_ = std::thread([this] { io_.run(); });
    return Status::Ok();
  }

  void Add(std::unique_ptr<HttpConnection> connection) {
    // Shared with the task alone, as a task must be copyable.
    auto shared = std::make_shared<std::unique_ptr<HttpConnection>>(std::move(connection));
    asio::post(io_, [this, shared] { Take(std::move(*shared)); });
  }

  void Drain() {
    asio::post(io_, [this] { BeginDrain(); });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      BeginDrain();
      io_.stop();
    });
    thread_.join();
  }

  size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    explicit Entry(asio::io_context& io) : watch(io) {}
    std::unique_ptr<HttpConnection> connection;
    asio::posix::stream_descriptor watch;
    Clock::time_point deadline;
    std::list<std::unique_ptr<Entry>>::iterator place;
  };

  void WaitForClients(asio::posix::stream_descriptor* acceptor) {
    acceptor->async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, acceptor](const error_code& error) {
                           if (error || draining_) return;
                           const bool accepted = Accept(acceptor->native_handle());
                           // Out of descriptors: the next try is at the next tick.
                           if (accepted) {
                             WaitForClients(acceptor);
                           } else {
                             paused_.push_back(acceptor);
                           }
                         });
  }

  bool Accept(int listening) {
    for (int i = 0; i < kAcceptsPerWakeup; ++i) {
      const int descriptor = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) return errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS;
      auto connection = std::make_unique<HttpConnection>();
      connection->socket = std::make_unique<Socket>(descriptor);
      if (waiting() >= options_.connections_max) {
        connection->socket->WriteNow(AsBytes(RefusalResponse(503, "too many connections; come back later")))
            .IgnoreError("the client sees a closed connection");
        continue;
      }
      connection->peer = PeerText(descriptor);
      Take(std::move(connection));
    }
    return true;
  }

  void Take(std::unique_ptr<HttpConnection> connection) {
    if (draining_) return;
    auto entry = std::make_unique<Entry>(io_);
    entry->deadline =
        Clock::now() + (connection->input.empty() ? options_.idle_timeout : options_.head_timeout);
    error_code error;
    entry->watch.assign(connection->socket->descriptor(), error);
    if (error) {
      ARGENT_LOG_ERROR("HTTP {}: the connection cannot be watched: {}", connection->peer, error.message());
      return;
    }
    entry->connection = std::move(connection);
    Entry* const watched = entry.get();
    entries_.push_front(std::move(entry));
    watched->place = entries_.begin();
    waiting_.fetch_add(1, std::memory_order_relaxed);
    Watch(watched);
  }

  void Watch(Entry* entry) {
    entry->watch.async_wait(asio::posix::stream_descriptor::wait_read,
                            [this, entry](const error_code& error) {
                              if (error == asio::error::operation_aborted) return;  // the entry may be gone
                              OnReadable(entry);
                            });
  }

  void OnReadable(Entry* entry) {
    HttpConnection& connection = *entry->connection;
    uint8_t buffer[16 * 1024];
    const Result<size_t> count = connection.socket->ReadAvailable(buffer);
    if (!count.ok()) {
      Remove(entry);
      return;
    }
    if (connection.input.empty() && *count > 0) entry->deadline = Clock::now() + options_.head_timeout;
    connection.input.append(AsText(ByteView(buffer, *count)));
    if (CheckRequestHead(connection.input).state == HeadState::kIncomplete) {
      Watch(entry);
    } else {
      handler_->OnRequest(Remove(entry));
    }
  }

  std::unique_ptr<HttpConnection> Remove(Entry* entry) {
    std::unique_ptr<Entry> owner = std::move(*entry->place);
    entries_.erase(owner->place);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    const int descriptor = owner->watch.release();
    SetBlocking(descriptor);
    return std::move(owner->connection);
  }

  void Tick() {
    tick_.expires_after(kTick);
    tick_.async_wait([this](const error_code& error) {
      if (error || draining_) return;
      Expire();
      for (asio::posix::stream_descriptor* acceptor : std::exchange(paused_, {})) WaitForClients(acceptor);
      Tick();
    });
  }

  void Expire() {
    const Clock::time_point now = Clock::now();
    for (auto place = entries_.begin(); place != entries_.end();) {
      Entry* const entry = (place++)->get();
      if (entry->deadline > now) continue;
      const std::unique_ptr<HttpConnection> connection = Remove(entry);
      if (connection->input.empty()) continue;
      connection->socket->WriteNow(AsBytes(RefusalResponse(408, "the request's header did not come in time")))
          .IgnoreError("the client sees a closed connection");
    }
  }

  void BeginDrain() {
    if (std::exchange(draining_, true)) return;
    for (auto& acceptor : acceptors_) acceptor->release();  // the listener closes them
    listener_.reset();
    tick_.cancel();
    while (!entries_.empty()) Remove(entries_.front().get());
  }

  const HttpLoopOptions options_;
  Handler* const handler_;
  std::atomic<size_t> waiting_{0};
  asio::io_context io_{1};
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<asio::posix::stream_descriptor>> acceptors_;
  std::vector<asio::posix::stream_descriptor*> paused_;
  std::list<std::unique_ptr<Entry>> entries_;
  asio::steady_timer tick_;
  bool draining_ = false;
  std::thread thread_;
};

HttpLoop::HttpLoop(const HttpLoopOptions& options, std::unique_ptr<Listener> listener, Handler* handler)
    : impl_(std::make_unique<Impl>(options, std::move(listener), handler)) {}
HttpLoop::~HttpLoop() = default;
Status HttpLoop::Start() { return impl_->Start(); }
void HttpLoop::Add(std::unique_ptr<HttpConnection> connection) { impl_->Add(std::move(connection)); }
void HttpLoop::Drain() { impl_->Drain(); }
void HttpLoop::Stop() { impl_->Stop(); }
size_t HttpLoop::connections_waiting() const { return impl_->waiting(); }

}  // namespace argent::ingest
