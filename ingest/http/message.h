// HTTP messages (RFC 9110) without their transport: what a request says and what a response head says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace argent::ingest {

// Header fields in the order of the message. Names compare without case.
class HttpFields {
 public:
  void Add(std::string name, std::string value) { list_.emplace_back(std::move(name), std::move(value)); }
  // The first of that name; nullopt when there is none.
  std::optional<std::string_view> Find(std::string_view name) const;
  size_t Count(std::string_view name) const;
  // Every field of that name, joined by ", " (RFC 9110 section 5.3).
  std::string Joined(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& list() const { return list_; }

 private:
  std::vector<std::pair<std::string, std::string>> list_;
};

struct HttpRequest {
  std::string method;
  std::string path;   // as sent, percent-encoded, without the query
  std::string query;  // as sent, without "?"
  HttpFields fields;
  std::string peer;  // "address:port"
  std::optional<uint64_t> content_length;
  bool has_body = false;
  // Captured by the router from the path, decoded.
  std::vector<std::pair<std::string_view, std::string>> path_parameters;

  // Empty when the route has no such part.
  std::string_view PathParameter(std::string_view name) const;
  // "http://host:port" as the client addressed us; empty when it did not say.
  std::string Origin() const;
};

struct HttpResponse {
  int status = 200;
  HttpFields fields;
  // Known in advance: the body is announced and must be exactly so long.
  std::optional<uint64_t> content_length = std::nullopt;
};

// "Not Found" for 404.
std::string_view ReasonPhrase(int status);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
// Without spaces and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);
// No body may follow: 1xx, 204, 304.
bool HasNoBody(int status);

}  // namespace argent::ingest
