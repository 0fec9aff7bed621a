// The DIMSE server: listens, negotiates, and gives each command to the service that has its Abstract Syntax.
//
// One event loop owns the sockets that have not yet associated and the associations that are idle: those cost
// kilobytes, and neither one silent client nor thousands hold up anybody. An association has a thread of a
// bounded pool only while it is active. At every bound the peer is told: A-ASSOCIATE-RJ, transient, local
// limit exceeded. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ingest/dimse/negotiation.h"
#include "ingest/dimse/service.h"
#include "storage/base/status.h"

namespace argent::ingest {

struct DimseServerOptions {
  AcceptPolicy policy = {};
  std::string bind = "127.0.0.1";  // a name, an IPv4 or IPv6 address; "localhost": both; empty: every address
  uint16_t port = 11112;           // 0: any

  size_t associations_max = 512;  // each may need a thread and its buffers
  // One host cannot take all; loopback may.
  size_t associations_per_host_max = 32;
  // Connections that have not associated yet, or are being closed: about 2 KiB each. At the bound the oldest
  // goes.
  size_t connections_waiting_max = 4000;

  std::chrono::milliseconds artim_timeout{
      30'000};                                     // from connecting to the whole A-ASSOCIATE-RQ; PS3.8 9.1.5
  std::chrono::milliseconds idle_timeout{60'000};  // between messages; then A-ABORT
  std::chrono::milliseconds read_timeout{30'000};  // silence inside a message
  std::chrono::milliseconds write_timeout{60'000};  // the peer takes nothing
  std::chrono::milliseconds linger_timeout{
      100};  // a thread stays with its association so long after a response
};

struct DimseServerCounters {
  size_t associations = 0;         // now, active and idle
  size_t active_associations = 0;  // now, with a thread
  size_t connections_waiting = 0;  // now, not associated or being closed
  uint64_t associations_accepted = 0;
  uint64_t associations_rejected = 0;
  uint64_t associations_aborted = 0;  // by either side, or broken
};

class DimseServer {
 public:
  // `services` must outlive the server; the first that serves an Abstract Syntax has it.
  DimseServer(const DimseServerOptions& options, std::vector<DimseService*> services);
  // Stops without waiting for running operations.
  ~DimseServer();
  DimseServer(const DimseServer&) = delete;
  DimseServer& operator=(const DimseServer&) = delete;

  // Listens and serves until Stop(). Call once. kAlreadyExists: the port is in use; kInvalidArgument: an
  // option makes no sense, or the address is none.
  Status Start();
  uint16_t port() const;  // that it listens on
  DimseServerCounters counters() const;

  // Stops accepting, aborts what is idle, lets running operations finish for `drain_timeout`, aborts the
  // rest, and joins every thread. May be called again.
  void Stop(std::chrono::milliseconds drain_timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace argent::ingest
