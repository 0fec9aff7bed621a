// The HTTP server: HTTP/1.1 and 1.0 on one port, requests to one handler (a router).
//
// One event loop owns the connections between requests; a request has a thread of a bounded pool while it is
// served, and the handler reads and writes straight on the socket. At every bound the client is told: 503
// with Retry-After. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "ingest/http/exchange.h"
#include "storage/base/status.h"

namespace argent::ingest {

struct HttpServerOptions {
  std::string bind = "127.0.0.1";  // a name, an IPv4 or IPv6 address; "localhost": both; empty: every address
  uint16_t port = 8080;            // 0: any

  size_t requests_max = 128;        // served at once; each may need a thread and its buffers
  size_t connections_max = 16'000;  // between requests: a few hundred bytes each

  std::chrono::milliseconds head_timeout{20'000};   // for a whole header
  std::chrono::milliseconds idle_timeout{120'000};  // between requests
  std::chrono::milliseconds read_timeout{30'000};   // silence inside a body
  std::chrono::milliseconds write_timeout{60'000};  // the peer takes nothing
  std::chrono::milliseconds linger_timeout{5};  // a thread stays with its connection so long after a response
};

struct HttpServerCounters {
  uint64_t requests = 0;
  uint64_t responses_by_class[6] = {};  // [2]: 2xx, …
  uint64_t responses_cut = 0;           // begun and not ended
  uint64_t body_bytes_received = 0;
  uint64_t body_bytes_sent = 0;
  size_t requests_running = 0;     // now
  size_t connections_waiting = 0;  // now, between requests
};

class HttpServer {
 public:
  // `handler` must outlive the server.
  HttpServer(const HttpServerOptions& options, HttpHandler* handler);
  // Stops without waiting for running requests.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens and serves until Stop(). Call once. kAlreadyExists: the port is in use; kInvalidArgument: the
  // address is none.
  Status Start();
  uint16_t port() const;
  HttpServerCounters counters() const;

  // Accepts nothing more, lets running requests finish for `drain_timeout`, cuts the rest, joins every
  // thread. May be called again.
  void Stop(std::chrono::milliseconds drain_timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace argent::ingest
