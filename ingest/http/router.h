// Which handler a request goes to, by method and path. Fixed after construction; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/http/exchange.h"

namespace argent::ingest {

using HttpFunction = std::function<void(HttpExchange&)>;

class HttpRouter final : public HttpHandler {
 public:
  HttpRouter();
  ~HttpRouter() override;
  HttpRouter(const HttpRouter&) = delete;
  HttpRouter& operator=(const HttpRouter&) = delete;

  // `path` is a template: "/studies/{study}/series". A last part "{name...}" takes the rest of the path, also
  // none of it. GET serves HEAD too. Of two that match, the one added first.
  void Add(std::string_view method, std::string_view path, HttpFunction function);

  // 404 when no path matches, 405 with Allow when another method would, 204 with Allow for OPTIONS. What the
  // handler leaves open is answered with 500.
  void Handle(HttpExchange& exchange) override;

 private:
  struct Route;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace argent::ingest
