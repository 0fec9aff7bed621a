// The HTTP door put together: the router with every web service, and the server behind it.
#pragma once

#include <memory>

#include "archive/archive.h"
#include "ingest/dimse/server.h"
#include "ingest/http/server.h"

namespace argent::archive {

class WebDoor {
 public:
  // `archive` and `dimse` must outlive the door.
  WebDoor(const ingest::HttpServerOptions& options, Archive* archive, const ingest::DimseServer* dimse);
  ~WebDoor();
  WebDoor(const WebDoor&) = delete;
  WebDoor& operator=(const WebDoor&) = delete;

  Status Start();
  uint16_t port() const;
  void Stop(std::chrono::milliseconds drain_timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace argent::archive
