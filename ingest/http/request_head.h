// Finding and judging the head of an HTTP/1 request before it is parsed. Stricter than the parser: what two
// programs could read differently is refused, since a proxy in front of us may be the other one (request
// smuggling, RFC 9112 section 11.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace argent::ingest {

inline constexpr size_t kRequestHeadBytesMax = 32 * 1024;
inline constexpr size_t kRequestLineBytesMax = 8 * 1024 + 64;  // a target of 8 KiB
inline constexpr size_t kRequestFieldsMax = 128;

// What a client of HTTP/2 that knows beforehand sends first (RFC 9113 section 3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A reason not to serve a request: the HTTP status and a sentence.
struct HeadRefusal {
  int status = 0;  // 0: nothing is wrong
  std::string reason;
};

enum class HeadState { kIncomplete, kComplete, kRefused, kHttp2 };

struct HeadCheck {
  HeadState state = HeadState::kIncomplete;
  size_t bytes = 0;  // of the whole head, its empty line included
  HeadRefusal refusal;
};

// `input` starts where a request starts. Empty lines before it are not tolerated.
HeadCheck CheckRequestHead(std::string_view input);

}  // namespace argent::ingest
