#include "ingest/http/h1_exchange.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "storage/base/check.h"

namespace argent::ingest {
namespace {

// Small pieces are gathered up to this; a larger one is sent from where it lies.
constexpr size_t kGatherBytes = 32 * 1024;
// A body nobody read is read away up to this much, so that the connection can go on.
constexpr uint64_t kDrainBytesMax = 256 * 1024;
constexpr std::chrono::milliseconds kDrainWait{20};

iovec Piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

H1Exchange::H1Exchange(HttpRequest request, Socket* socket, RequestParser* parser, std::string* input,
                       const std::atomic<bool>* closing)
    : HttpExchange(std::move(request)),
      socket_(socket),
      parser_(parser),
      input_(input),
      closing_(closing),
      is_head_request_(this->request().method == "HEAD"),
      body_bytes_left_(this->request().content_length.value_or(0)),
      body_done_(!this->request().has_body),
      close_(!parser->keep_alive()) {
  const auto expect = this->request().fields.Find("Expect");
  expects_continue_ = expect && EqualsIgnoringCase(*expect, "100-continue") && !parser->is_http_10();
}

Status H1Exchange::SendContinue() {
  if (!expects_continue_) return Status::Ok();
  expects_continue_ = false;
  // A client that has sent the body already does not wait for the word.
  if (!input_->empty()) return Status::Ok();
  iovec piece = Piece("HTTP/1.1 100 Continue\r\n\r\n");
  return socket_->WriteAll({&piece, 1});
}

Result<size_t> H1Exchange::ReadBody(MutableByteView buffer) {
  if (body_done_ || buffer.empty()) return size_t{0};
  ARGENT_RETURN_IF_ERROR(SendContinue());
  Result<size_t> count = parser_->is_chunked() ? ReadChunkedBody(buffer) : ReadLengthBody(buffer);
  if (!count.ok()) close_ = true;
  if (count.ok()) body_bytes_received_ += *count;
  return count;
}

Result<size_t> H1Exchange::ReadLengthBody(MutableByteView buffer) {
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(buffer.size(), body_bytes_left_));
  size_t count = std::min(wanted, input_->size());
  if (count > 0) {
    std::copy_n(input_->begin(), count, buffer.begin());
    input_->erase(0, count);
  } else {
    iovec space{buffer.data(), wanted};
    ARGENT_ASSIGN_OR_RETURN(count, socket_->Read({&space, 1}));
  }
  body_bytes_left_ -= count;
  body_done_ = body_bytes_left_ == 0;
  return count;
}

Result<size_t> H1Exchange::ReadChunkedBody(MutableByteView buffer) {
  // What is read from the socket at once: a chunk's data does not pass through memory twice more than needed.
  constexpr size_t kReadBytes = 64 * 1024;
  for (;;) {
    std::string_view raw = *input_;
    ARGENT_ASSIGN_OR_RETURN(const size_t count, parser_->DecodeChunks(&raw, buffer));
    input_->erase(0, input_->size() - raw.size());
    body_done_ = parser_->body_done();
    if (count > 0 || body_done_) return count;
    const size_t held = input_->size();
    if (held > kChunkHeaderBytesMax) return Status::InvalidArgument("a chunk's header is too long");
    input_->resize(held + kReadBytes);
    iovec space{input_->data() + held, kReadBytes};
    const Result<size_t> got = socket_->Read({&space, 1});
    input_->resize(held + (got.ok() ? *got : 0));
    if (!got.ok()) return got.status();
  }
}

// Reads away a body that the handler left, when it is small and there already.
Status H1Exchange::DrainBody() {
  if (body_done_) return Status::Ok();
  if (expects_continue_) return Status::Aborted("the client was not asked for its body");
  uint8_t scrap[16 * 1024];
  uint64_t drained = 0;
  while (!body_done_) {
    if (body_bytes_left_ > kDrainBytesMax || drained > kDrainBytesMax)
      return Status::Aborted("more body than is worth reading");
    if (input_->empty() && !socket_->WaitReadable(kDrainWait))
      return Status::Aborted("the rest of the body does not come");
    ARGENT_ASSIGN_OR_RETURN(const size_t count, ReadBody(scrap));
    drained += count;
  }
  return Status::Ok();
}

Status H1Exchange::Begin(HttpResponse response) {
  // A response that never left can be replaced: by an error found late.
  ARGENT_CHECK(!committed_);
  response_ = std::move(response);
  begun_ = true;
  finished_ = false;
  framing_ = Framing::kUndecided;
  buffered_.clear();
  return Status::Ok();
}

void H1Exchange::DecideFraming(bool whole) {
  if (whole && !response_.content_length && !is_head_request_) response_.content_length = buffered_.size();
  if (HasNoBody(response_.status) || (is_head_request_ && !response_.content_length)) {
    framing_ = Framing::kNone;
  } else if (response_.content_length) {
    framing_ = Framing::kLength;
  } else if (parser_->is_http_10()) {
    framing_ = Framing::kUntilClose;
    close_ = true;
  } else {
    framing_ = Framing::kChunked;
  }
}

std::string H1Exchange::MakeHead() {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", response_.status,
                                 ReasonPhrase(response_.status), fmt::gmtime(std::time(nullptr)));
  for (const auto& [name, value] : response_.fields.list()) {
    head.append(name).append(": ");
    // Nothing that came from a peer can end the line.
    for (const char c : value) head.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
    head.append("\r\n");
  }
  if (framing_ == Framing::kLength) head += fmt::format("Content-Length: {}\r\n", *response_.content_length);
  if (framing_ == Framing::kChunked) head += "Transfer-Encoding: chunked\r\n";
  if (close_) {
    head += "Connection: close\r\n";
  } else if (parser_->is_http_10()) {
    head += "Connection: keep-alive\r\n";
  }
  return head + "\r\n";
}

// The head if it has not gone yet, what is buffered, `tail`, and with `last` the end of the chunks.
Status H1Exchange::Send(ByteView tail, bool last) {
  std::string head;
  if (!committed_) {
    DecideFraming(last && tail.empty());
    // A body that was not read stays in the socket; the connection cannot be used again.
    if (*closing_ || !DrainBody().ok()) close_ = true;
    head = MakeHead();
  }
  committed_ = true;
  const bool has_body = framing_ != Framing::kNone && !is_head_request_;
  const size_t body_bytes = has_body ? buffered_.size() + tail.size() : 0;
  const bool chunk = framing_ == Framing::kChunked && body_bytes > 0;
  const std::string chunk_head = chunk ? fmt::format("{:x}\r\n", body_bytes) : "";
  std::string_view ending = chunk ? "\r\n" : "";
  if (last && framing_ == Framing::kChunked && has_body) ending = chunk ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
  iovec pieces[5];
  size_t count = 0;
  for (const std::string_view text :
       {std::string_view(head), std::string_view(chunk_head), has_body ? std::string_view(buffered_) : "",
        has_body ? AsText(tail) : "", ending}) {
    if (!text.empty()) pieces[count++] = Piece(text);
  }
  body_bytes_sent_ += body_bytes;
  const Status sent = socket_->WriteAll({pieces, count});
  buffered_.clear();
  failed_ = failed_ || !sent.ok();
  close_ = close_ || failed_;
  return sent;
}

Status H1Exchange::Write(ByteView bytes) {
  ARGENT_CHECK(begun_ && !finished_);
  if (failed_) return Status::Aborted("the response could not be sent");
  if (is_head_request_ || HasNoBody(response_.status)) {
    ARGENT_RETURN_IF_ERROR(Finish());
    return Status::Aborted("a response without a body");
  }
  if (buffered_.size() + bytes.size() <= kGatherBytes) {
    buffered_.append(AsText(bytes));
    return Status::Ok();
  }
  return Send(bytes, false);
}

Status H1Exchange::Finish() {
  ARGENT_CHECK(begun_);
  if (finished_) return Status::Ok();
  if (failed_) return Status::Aborted("the response could not be sent");
  const bool nothing_left = committed_ && buffered_.empty() && framing_ != Framing::kChunked;
  if (!nothing_left) ARGENT_RETURN_IF_ERROR(Send({}, true));
  finished_ = true;
  const bool short_body = framing_ == Framing::kLength && !is_head_request_ &&
                          body_bytes_sent_ != response_.content_length.value_or(0);
  if (short_body) close_ = true;  // the peer sees the cut
  return Status::Ok();
}

}  // namespace argent::ingest
