// HTTP/1 requests by Boost.Beast's parser, behind a fence: heads, and bodies in chunks. Not thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "ingest/http/message.h"
#include "storage/base/bytes.h"
#include "storage/base/status.h"

namespace argent::ingest {

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // `head` is whole and was found in order by CheckRequestHead(). kInvalidArgument all the same for what the
  // grammar forbids.
  Result<HttpRequest> ParseHead(std::string_view head);
  bool keep_alive() const;
  bool is_http_10() const;
  bool is_chunked() const;

  // Decodes chunks off the front of *raw into `out`; 0 when *raw has to become longer, or at the end of the
  // body (body_done()). kInvalidArgument: not chunks.
  Result<size_t> DecodeChunks(std::string_view* raw, MutableByteView out);
  bool body_done() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A chunk's header, extensions included, and the trailer may take this much.
inline constexpr size_t kChunkHeaderBytesMax = 16 * 1024;

}  // namespace argent::ingest
