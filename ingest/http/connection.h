// A connection of HTTP/1 between requests.
#pragma once

#include <memory>
#include <string>

#include "ingest/dimse/socket.h"

namespace argent::ingest {

struct HttpConnection {
  std::unique_ptr<Socket> socket;
  std::string input;  // received and not used yet
  std::string peer;   // "address:port"
};

}  // namespace argent::ingest
