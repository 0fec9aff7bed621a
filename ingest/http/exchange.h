// One request and its response, as a handler sees them, whatever the version of HTTP below.
//
// Calls wait: reading the body waits for the sender, writing waits for the receiver, so that a slow disk
// slows the sender and a slow reader slows the disk, and memory stays bounded. Used by one thread, the
// handler's.
#pragma once

#include <string>
#include <string_view>

#include "ingest/http/message.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  const HttpRequest& request() const { return request_; }
  HttpRequest& mutable_request() { return request_; }

  // The next bytes of the request's body: at least one, 0 at its end. kAborted: the peer is gone.
  // kInvalidArgument: the body is malformed (a bad chunk); kOverloaded: nothing came for too long.
  virtual Result<size_t> ReadBody(MutableByteView buffer) = 0;

  // The response: Begin() once, Write() any number of times, Finish() once. An error says that the peer is
  // gone or takes nothing, or that there is nobody to write a body for (HEAD): then stop.
  virtual Status Begin(HttpResponse response) = 0;
  virtual Status Write(ByteView bytes) = 0;
  virtual Status Finish() = 0;
  // Bytes of the response have gone out: it cannot be replaced any more.
  virtual bool committed() const = 0;
  virtual bool begun() const = 0;

  // Begin, Write and Finish in one.
  Status Respond(HttpResponse response, std::string_view body);
  // Answers with `status` as a problem (problem.h) while that is still possible; otherwise the response ends
  // without its end, which tells the peer that it is not whole.
  void Fail(const Status& status);

 protected:
  explicit HttpExchange(HttpRequest request) : request_(std::move(request)) {}

 private:
  HttpRequest request_;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Called from many threads at once. Whatever is left open when it returns is answered with 500 or cut off.
  virtual void Handle(HttpExchange& exchange) = 0;
};

}  // namespace argent::ingest
