#include "ingest/http/router.h"

#include <algorithm>
#include <optional>

#include "ingest/http/problem.h"
#include "ingest/http/uri.h"
#include "storage/base/log.h"

namespace argent::ingest {

struct HttpRouter::Route {
  struct Part {
    std::string text;  // literal, or the name of a capture
    bool captures = false;
    bool rest = false;
  };
  std::string method;
  std::vector<Part> parts;
  HttpFunction function;

  std::optional<std::vector<std::pair<std::string_view, std::string>>> Match(
      const std::vector<std::string>& segments) const {
    std::vector<std::pair<std::string_view, std::string>> captured;
    const bool takes_rest = !parts.empty() && parts.back().rest;
    if (takes_rest ? segments.size() + 1 < parts.size() : segments.size() != parts.size())
      return std::nullopt;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].rest) {
        std::string rest;
        for (size_t k = i; k < segments.size(); ++k) rest.append(k == i ? "" : "/").append(segments[k]);
        captured.emplace_back(parts[i].text, std::move(rest));
      } else if (parts[i].captures) {
        captured.emplace_back(parts[i].text, segments[i]);
      } else if (parts[i].text != segments[i]) {
        return std::nullopt;
      }
    }
    return captured;
  }
};

HttpRouter::HttpRouter() = default;
HttpRouter::~HttpRouter() = default;

void HttpRouter::Add(std::string_view method, std::string_view path, HttpFunction function) {
  auto route = std::make_unique<Route>();
  route->method = method;
  route->function = std::move(function);
  while (!path.empty()) {
    path.remove_prefix(1);  // "/"
    const size_t end = std::min(path.find('/'), path.size());
    std::string_view text = path.substr(0, end);
    path.remove_prefix(end);
    if (text.empty()) continue;
    Route::Part part;
    part.captures = text.front() == '{';
    if (part.captures) text = text.substr(1, text.size() - 2);
    part.rest = part.captures && text.ends_with("...");
    if (part.rest) text.remove_suffix(3);
    part.text = text;
    route->parts.push_back(std::move(part));
  }
  routes_.push_back(std::move(route));
}

void HttpRouter::Handle(HttpExchange& exchange) {
  HttpRequest& request = exchange.mutable_request();
  const auto segments = SplitPath(request.path);
  if (!segments)
    return RespondProblem(exchange, 400, "the path is malformed: an empty, dotted or badly escaped part");
  std::string allow;
  for (const auto& route : routes_) {
    auto captured = route->Match(*segments);
    if (!captured) continue;
    if (route->method == request.method || (route->method == "GET" && request.method == "HEAD")) {
      request.path_parameters = std::move(*captured);
      route->function(exchange);
      if (!exchange.begun()) {
        ARGENT_LOG_ERROR("HTTP {} {}: not answered by its handler", request.method, request.path);
        RespondProblem(exchange, 500, "the request was not answered: a defect of this server");
      }
      return;
    }
    allow.append(allow.empty() ? "" : ", ").append(route->method);
    if (route->method == "GET") allow.append(", HEAD");
  }
  if (allow.empty()) return RespondProblem(exchange, 404, "there is no resource " + request.path);
  HttpFields fields;
  fields.Add("Allow", allow + ", OPTIONS");
  if (request.method == "OPTIONS") {
    exchange.Respond({.status = 204, .fields = std::move(fields)}, "").IgnoreError("the peer is gone");
    return;
  }
  RespondProblem(exchange, 405, request.method + " is not possible here; " + allow + " is",
                 std::move(fields));
}

}  // namespace argent::ingest
