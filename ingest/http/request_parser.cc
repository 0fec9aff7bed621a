#include "ingest/http/request_parser.h"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "ingest/http/request_head.h"

namespace argent::ingest {

namespace asio = boost::asio;
namespace http = boost::beast::http;

class RequestParser::Impl {
 public:
  Impl() {
    parser_.eager(false);
    parser_.header_limit(kRequestHeadBytesMax);
    parser_.body_limit(boost::none);
  }

  Result<HttpRequest> ParseHead(std::string_view head) {
    boost::beast::error_code error;
    while (!head.empty() && !parser_.is_header_done()) {
      const size_t used = parser_.put(asio::buffer(head.data(), head.size()), error);
      if (error) return Status::InvalidArgument("the header is malformed: " + error.message());
      head.remove_prefix(used);
    }
    if (!parser_.is_header_done()) return Status::InvalidArgument("the header is malformed");
    return MakeRequest();
  }

  Result<size_t> DecodeChunks(std::string_view* raw, MutableByteView out) {
    auto& body = parser_.get().body();
    body.data = out.data();
    body.size = out.size();
    body.more = true;
    while (!raw->empty() && !parser_.is_done() && body.size == out.size()) {
      boost::beast::error_code error;
      const size_t used = parser_.put(asio::buffer(raw->data(), raw->size()), error);
      raw->remove_prefix(used);
      if (error == http::error::need_more || error == http::error::need_buffer) break;
      if (error) return Status::InvalidArgument("the body is not in well-formed chunks: " + error.message());
    }
    return out.size() - body.size;
  }

  const http::request_parser<http::buffer_body>& parser() const { return parser_; }

 private:
  HttpRequest MakeRequest() {
    const auto& message = parser_.get();
    HttpRequest request;
    request.method = std::string_view(message.method_string());
    const std::string_view target(message.target());
    const size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    for (const auto& field : message)
      request.fields.Add(std::string(field.name_string()), std::string(field.value()));
    if (const auto length = parser_.content_length()) request.content_length = *length;
    request.has_body = parser_.chunked() || request.content_length.value_or(0) > 0;
    return request;
  }

  http::request_parser<http::buffer_body> parser_;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

Result<HttpRequest> RequestParser::ParseHead(std::string_view head) { return impl_->ParseHead(head); }
bool RequestParser::keep_alive() const { return impl_->parser().keep_alive(); }
bool RequestParser::is_http_10() const { return impl_->parser().get().version() < 11; }
bool RequestParser::is_chunked() const { return impl_->parser().chunked(); }
bool RequestParser::body_done() const { return impl_->parser().is_done(); }
Result<size_t> RequestParser::DecodeChunks(std::string_view* raw, MutableByteView out) {
  return impl_->DecodeChunks(raw, out);
}

}  // namespace argent::ingest
