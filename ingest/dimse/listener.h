// The listening sockets of one port: every address the bind name stands for, IPv4 and IPv6.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/status.h"

namespace argent::ingest {

class Listener {
 public:
  // `what` is said in errors: "DIMSE", "HTTP". `bind_address`: a name or a numeric address; empty: every
  // address of the machine. Port 0: any, the same for all addresses. kAlreadyExists, naming address and port,
  // when the port is in use; kInvalidArgument when the name stands for nothing here.
  static Result<std::unique_ptr<Listener>> Open(std::string_view what, const std::string& bind_address,
                                                uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::vector<int>& descriptors() const { return descriptors_; }  // non-blocking
  uint16_t port() const { return port_; }

 private:
  Listener() = default;
  Status OpenAll(std::string_view what, const std::string& bind_address, uint16_t port);

  std::vector<int> descriptors_;
  uint16_t port_ = 0;
};

}  // namespace argent::ingest
