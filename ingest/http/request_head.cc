#include "ingest/http/request_head.h"

#include <algorithm>

#include "ingest/http/message.h"

namespace argent::ingest {
namespace {

HeadCheck Refuse(int status, std::string reason) {
  return {.state = HeadState::kRefused, .bytes = 0, .refusal = {status, std::move(reason)}};
}

// Counts what must not come twice, line by line.
struct FieldCounts {
  size_t fields = 0;
  size_t content_length = 0;
  size_t transfer_encoding = 0;
  size_t host = 0;
};

HeadRefusal CheckFieldLine(std::string_view line, FieldCounts* counts) {
  if (line.front() == ' ' || line.front() == '\t')
    return {400, "a header line is folded over two lines (obs-fold)"};
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return {400, "a header line has no name"};
  const std::string_view name = line.substr(0, colon);
  if (name.find_first_of(" \t") != std::string_view::npos)
    return {400, "a header name has a blank in it or behind it"};
  if (++counts->fields > kRequestFieldsMax) return {431, "too many header lines"};
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  if (EqualsIgnoringCase(name, "Content-Length")) {
    ++counts->content_length;
    const bool number = !value.empty() && value.size() <= 18 &&
                        value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!number) return {400, "Content-Length is not a number"};
  }
  if (EqualsIgnoringCase(name, "Transfer-Encoding")) {
    ++counts->transfer_encoding;
    if (!EqualsIgnoringCase(value, "chunked")) return {501, "the only Transfer-Encoding served is chunked"};
  }
  if (EqualsIgnoringCase(name, "Host")) ++counts->host;
  return {};
}

HeadRefusal CheckRequestLine(std::string_view line) {
  if (line.size() > kRequestLineBytesMax) return {414, "the request line is longer than 8 KiB"};
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0)
    return {400, "the request line is not METHOD TARGET HTTP/1.1"};
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.find(' ') != std::string_view::npos || target.empty())
    return {400, "the request target has a blank in it"};
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.starts_with("HTTP/")) return {505, "this is a server of HTTP/1.1 and HTTP/2"};
    return {400, "the request line does not end in HTTP/1.1"};
  }
  const bool origin_form = target.front() == '/' || target == "*";
  if (!origin_form) return {400, "the request target must begin with a slash"};
  return {};
}

HeadRefusal CheckLines(std::string_view head) {
  FieldCounts counts;
  const size_t line_end = head.find("\r\n");
  const std::string_view request_line = head.substr(0, line_end);
  if (HeadRefusal refusal = CheckRequestLine(request_line); refusal.status != 0) return refusal;
  const bool http_10 = request_line.ends_with("1.0");
  for (size_t start = line_end + 2; start + 2 < head.size();) {
    const size_t end = head.find("\r\n", start);
    HeadRefusal refusal = CheckFieldLine(head.substr(start, end - start), &counts);
    if (refusal.status != 0) return refusal;
    start = end + 2;
  }
  if (counts.content_length > 1) return {400, "Content-Length comes more than once"};
  if (counts.transfer_encoding > 1) return {400, "Transfer-Encoding comes more than once"};
  if (counts.content_length > 0 && counts.transfer_encoding > 0)
    return {400, "both Content-Length and Transfer-Encoding are given"};
  if (counts.transfer_encoding > 0 && http_10) return {400, "HTTP/1.0 has no Transfer-Encoding"};
  if (counts.host > 1 || (counts.host == 0 && !http_10)) return {400, "exactly one Host must be given"};
  return {};
}

}  // namespace

HeadCheck CheckRequestHead(std::string_view input) {
  const size_t preface_bytes = std::min(input.size(), kHttp2Preface.size());
  if (input.substr(0, preface_bytes) == kHttp2Preface.substr(0, preface_bytes) && preface_bytes >= 4) {
    return {.state = preface_bytes == kHttp2Preface.size() ? HeadState::kHttp2 : HeadState::kIncomplete,
            .bytes = 0,
            .refusal = {}};
  }
  const std::string_view window = input.substr(0, kRequestHeadBytesMax);
  const size_t end = window.find("\r\n\r\n");
  const std::string_view head = end == std::string_view::npos ? window : window.substr(0, end + 4);
  // Every line ends in CR LF, and neither stands alone: seen before the head is whole, as it may never be.
  for (size_t i = head.find_first_of("\r\n"); i != std::string_view::npos;
       i = head.find_first_of("\r\n", i)) {
    if (head[i] == '\n') return Refuse(400, "a line ends in LF alone");
    if (i + 1 == head.size()) break;
    if (head[i + 1] != '\n') return Refuse(400, "a CR stands alone");
    i += 2;
  }
  if (head.starts_with("\r\n")) return Refuse(400, "the request begins with an empty line");
  if (end == std::string_view::npos) {
    const size_t line_bytes = std::min(window.find("\r\n"), window.size());
    if (line_bytes > kRequestLineBytesMax) return Refuse(414, "the request line is longer than 8 KiB");
    if (input.size() >= kRequestHeadBytesMax) return Refuse(431, "the header is longer than 32 KiB");
    return {};
  }
  HeadRefusal refusal = CheckLines(head);
  if (refusal.status != 0) return {.state = HeadState::kRefused, .bytes = 0, .refusal = std::move(refusal)};
  return {.state = HeadState::kComplete, .bytes = head.size(), .refusal = {}};
}

}  // namespace argent::ingest
