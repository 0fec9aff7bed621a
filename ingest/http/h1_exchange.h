// A request of HTTP/1.1 or 1.0 and its response, straight on the socket (RFC 9112).
//
// A response that stays small goes out in one write with its length; a larger one in chunks, large pieces
// from the memory they lie in. One thread.
#pragma once

#include <atomic>
#include <string>

#include "ingest/dimse/socket.h"
#include "ingest/http/exchange.h"
#include "ingest/http/request_parser.h"

namespace argent::ingest {

class H1Exchange final : public HttpExchange {
 public:
  // `parser` has parsed the head of `request`; *input holds what was received behind it, and afterwards what
  // was received behind the body. once *closing is true the connection is not kept, whatever the client
  // wants.
  H1Exchange(HttpRequest request, Socket* socket, RequestParser* parser, std::string* input,
             const std::atomic<bool>* closing);
  // The connection ends with this response.
  void CloseAfterwards() { close_ = true; }

  Result<size_t> ReadBody(MutableByteView buffer) override;
  Status Begin(HttpResponse response) override;
  Status Write(ByteView bytes) override;
  Status Finish() override;
  bool committed() const override { return committed_; }
  bool begun() const override { return begun_; }

  // The response is whole and the connection can take the next request.
  bool can_continue() const { return finished_ && !close_ && body_done_; }
  bool finished() const { return finished_; }
  uint64_t body_bytes_received() const { return body_bytes_received_; }
  uint64_t body_bytes_sent() const { return body_bytes_sent_; }
  int response_status() const { return response_.status; }

 private:
  enum class Framing { kUndecided, kNone, kLength, kChunked, kUntilClose };

  Status SendContinue();
  Result<size_t> ReadLengthBody(MutableByteView buffer);
  Result<size_t> ReadChunkedBody(MutableByteView buffer);
  Status DrainBody();
  std::string MakeHead();
  void DecideFraming(bool whole);
  Status Send(ByteView tail, bool last);

  Socket* const socket_;
  RequestParser* const parser_;
  std::string* const input_;
  const std::atomic<bool>* const closing_;
  const bool is_head_request_;

  uint64_t body_bytes_left_ = 0;  // of a body with a length
  uint64_t body_bytes_received_ = 0;
  bool body_done_ = true;
  bool expects_continue_ = false;

  HttpResponse response_;
  Framing framing_ = Framing::kUndecided;
  std::string buffered_;  // of the body, not sent
  uint64_t body_bytes_sent_ = 0;
  bool begun_ = false;
  bool committed_ = false;
  bool finished_ = false;
  bool failed_ = false;
  bool close_;
};

}  // namespace argent::ingest
