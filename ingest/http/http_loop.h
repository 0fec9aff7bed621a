// The event loop of the HTTP server: owns the connections that need no thread, those whose next request has
// not come whole. One costs a few hundred bytes, so that neither thousands of idle clients nor those that
// send a header byte by byte hold up anybody.
//
// Handler calls come from the loop's thread and must not wait. Public calls are thread-safe.
#pragma once

#include <chrono>
#include <memory>

#include "ingest/dimse/listener.h"
#include "ingest/http/connection.h"

namespace argent::ingest {

struct HttpLoopOptions {
  size_t connections_max = 0;
  std::chrono::milliseconds head_timeout{};  // from the first byte of a request to its whole head
  std::chrono::milliseconds idle_timeout{};  // between requests
};

class HttpLoop {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // A whole head has come, or bytes that can never become one.
    virtual void OnRequest(std::unique_ptr<HttpConnection> connection) = 0;
  };

  // `handler` must outlive the loop.
  HttpLoop(const HttpLoopOptions& options, std::unique_ptr<Listener> listener, Handler* handler);
  ~HttpLoop();
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  Status Start();  // starts the thread
  // Takes a connection until its next request. After Drain() it is closed.
  void Add(std::unique_ptr<HttpConnection> connection);
  // Accepts nothing more and closes what waits.
  void Drain();
  // Drains and joins the thread.
  void Stop();
  size_t connections_waiting() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace argent::ingest
