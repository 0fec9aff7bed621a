#include "ingest/http/server.h"

#include <atomic>
#include <set>

#include "ingest/dimse/worker_pool.h"
#include "ingest/http/h1_exchange.h"
#include "ingest/http/http_loop.h"
#include "ingest/http/problem.h"
#include "ingest/http/request_head.h"
#include "storage/base/log.h"
#include "storage/base/mutex.h"

namespace argent::ingest {
namespace {

using std::chrono::milliseconds;

// After an error response the client may still be sending: what it sends is read away so long and so much,
// so that the response is not lost to a reset.
constexpr milliseconds kLingeringClose{1000};
constexpr int kLingeringReads = 64;

void CloseGently(Socket* socket) {
  socket->ShutdownWrite();
  for (int i = 0; i < kLingeringReads && socket->WaitReadable(kLingeringClose); ++i) {
    uint8_t scrap[4096];
    const auto count = socket->ReadAvailable(scrap);
    if (!count.ok() || *count == 0) return;
    socket->DiscardAvailable();
  }
}

}  // namespace

class HttpServer::Impl : public HttpLoop::Handler {
 public:
  Impl(const HttpServerOptions& options, HttpHandler* handler)
      : options_(options), handler_(handler), workers_(options.requests_max) {}

  Status Start() {
    ARGENT_ASSIGN_OR_RETURN(auto listener, Listener::Open("HTTP", options_.bind, options_.port));
    port_ = listener->port();
    loop_ = std::make_unique<HttpLoop>(HttpLoopOptions{.connections_max = options_.connections_max,
                                                       .head_timeout = options_.head_timeout,
                                                       .idle_timeout = options_.idle_timeout},
                                       std::move(listener), this);
    return loop_->Start();
  }

  void Stop(milliseconds drain_timeout) {
    if (loop_ == nullptr || std::exchange(stopped_, true)) return;
    draining_ = true;
    loop_->Drain();
    CutAfter(drain_timeout);
    workers_.Join();
    loop_->Stop();
  }

  void OnRequest(std::unique_ptr<HttpConnection> connection) override {
    {
      MutexLock lock(&mutex_);
      if (active_.size() < options_.requests_max) {
        active_.insert(connection->socket.get());
        // Shared with the task alone, as a task must be copyable.
        auto shared = std::make_shared<std::unique_ptr<HttpConnection>>(std::move(connection));
        workers_.Submit([this, shared] { Serve(std::move(*shared)); });
        return;
      }
    }
    static constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    connection->socket->WriteNow(AsBytes(kBusy)).IgnoreError("the client sees a closed connection");
  }

  HttpServerCounters counters() const {
    HttpServerCounters counters;
    counters.requests = requests_;
    for (size_t i = 0; i < std::size(by_class_); ++i) counters.responses_by_class[i] = by_class_[i];
    counters.responses_cut = cut_;
    counters.body_bytes_received = received_;
    counters.body_bytes_sent = sent_;
    counters.connections_waiting = loop_ == nullptr ? 0 : loop_->connections_waiting();
    MutexLock lock(&mutex_);
    counters.requests_running = active_.size();
    return counters;
  }

  uint16_t port() const { return port_; }

 private:
  void CutAfter(milliseconds timeout) {
    MutexLock lock(&mutex_);
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!active_.empty() && std::chrono::steady_clock::now() < deadline) {
      done_.WaitFor(&mutex_, milliseconds(20));
    }
    for (Socket* socket : active_) socket->Interrupt(true);
  }

  // Requests of one connection, until it has nothing more to say for a moment or ends.
  void Serve(std::unique_ptr<HttpConnection> connection) {
    Socket* const socket = connection->socket.get();
    socket->SetTimeouts(options_.read_timeout, options_.write_timeout);
    bool keep = true;
    while (keep) {
      const HeadCheck check = CheckRequestHead(connection->input);
      if (check.state == HeadState::kIncomplete) {
        if (!ReadMore(connection.get())) break;
      } else {
        keep = ServeOne(connection.get(), check);
      }
    }
    if (!keep) CloseGently(socket);
    {
      MutexLock lock(&mutex_);
      active_.erase(socket);
      done_.NotifyAll();
    }
    if (keep && !draining_) loop_->Add(std::move(connection));
  }

  // False: nothing came at once; the loop waits for the rest.
  bool ReadMore(HttpConnection* connection) {
    if (draining_ || !connection->socket->WaitReadable(options_.linger_timeout)) return false;
    uint8_t buffer[16 * 1024];
    const auto count = connection->socket->ReadAvailable(buffer);
    if (!count.ok()) return false;  // the loop sees the same and closes
    connection->input.append(AsText(ByteView(buffer, *count)));
    return *count > 0;
  }

  // True when the connection can take another request.
  bool ServeOne(HttpConnection* connection, const HeadCheck& check) {
    RequestParser parser;
    HeadRefusal refusal = check.refusal;
    HttpRequest request;
    if (check.state == HeadState::kHttp2) refusal = {505, "HTTP/2 is not served here; use HTTP/1.1"};
    if (check.state == HeadState::kComplete) {
      Result<HttpRequest> parsed =
          parser.ParseHead(std::string_view(connection->input).substr(0, check.bytes));
      if (parsed.ok()) {
        request = std::move(parsed).value();
      } else {
        refusal = {400, parsed.status().message()};
      }
    }
    connection->input.erase(0, check.bytes);
    request.peer = connection->peer;
    const bool refused = refusal.status != 0;
    H1Exchange exchange(std::move(request), connection->socket.get(), &parser, &connection->input,
                        &draining_);
    if (refused) {
      exchange.CloseAfterwards();
      RespondProblem(exchange, refusal.status, refusal.reason);
    } else {
      Handle(exchange);
    }
    Count(exchange);
    return exchange.can_continue();
  }

  void Handle(HttpExchange& exchange) {
    const auto expect = exchange.request().fields.Find("Expect");
    if (expect && !EqualsIgnoringCase(*expect, "100-continue"))
      return RespondProblem(exchange, 417, "the only expectation served is 100-continue");
    handler_->Handle(exchange);
  }

  void Count(const H1Exchange& exchange) {
    ++requests_;
    const int response_class = exchange.response_status() / 100;
    if (response_class > 0 && response_class < 6) ++by_class_[response_class];
    if (!exchange.finished()) {
      ++cut_;
      ARGENT_LOG_DEBUG("HTTP {} {} {}: the response was cut off", exchange.request().peer,
                       exchange.request().method, exchange.request().path);
    }
    received_ += exchange.body_bytes_received();
    sent_ += exchange.body_bytes_sent();
  }

  const HttpServerOptions options_;
  HttpHandler* const handler_;
  uint16_t port_ = 0;
  bool stopped_ = false;
  std::atomic<bool> draining_{false};
  std::atomic<uint64_t> requests_{0};
  std::atomic<uint64_t> by_class_[6] = {};
  std::atomic<uint64_t> cut_{0};
  std::atomic<uint64_t> received_{0};
  std::atomic<uint64_t> sent_{0};

  mutable Mutex mutex_;
  CondVar done_;
  std::set<Socket*> active_ ARGENT_GUARDED_BY(mutex_);  // of connections that have a thread

  WorkerPool workers_;
  std::unique_ptr<HttpLoop> loop_;
};

HttpServer::HttpServer(const HttpServerOptions& options, HttpHandler* handler)
    : impl_(std::make_unique<Impl>(options, handler)) {}
HttpServer::~HttpServer() { impl_->Stop(milliseconds(0)); }
Status HttpServer::Start() { return impl_->Start(); }
uint16_t HttpServer::port() const { return impl_->port(); }
HttpServerCounters HttpServer::counters() const { return impl_->counters(); }
void HttpServer::Stop(milliseconds drain_timeout) { impl_->Stop(drain_timeout); }

}  // namespace argent::ingest
