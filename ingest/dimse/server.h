// The listening edge: accepts TCP connections, negotiates associations and runs their commands.
//
// One event loop owns every connection that is not an association yet (until its A-ASSOCIATE-RQ is whole, at most the ARTIM time)
// and every association that waits for its next command: these cost kilobytes and no thread, so silent peers stall nobody. An
// association has a thread of its own only while it is active.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ingest/dimse/negotiation.h"
#include "storage/base/mutex.h"

namespace argent::ingest {

struct DimseServerOptions {
  AcceptPolicy policy;
  std::string bind = "127.0.0.1";  // numeric IPv4 or IPv6 address
  uint16_t port = 11112;           // 0: any free one
  size_t associations_max = 512;   // active and idle
  size_t associations_per_peer_max = 32;  // by address; not for loopback
  size_t connections_max = 4096;   // not associations yet
  std::chrono::milliseconds artim{30'000};         // PS3.8 9.1.5
  std::chrono::milliseconds idle_timeout{600'000};  // then A-ABORT
  std::chrono::milliseconds read_timeout{60'000};   // silence inside a message
  std::chrono::milliseconds write_timeout{60'000};
  std::chrono::milliseconds linger{100};  // an active association keeps its thread this long after a response
};

class DimseServer {
 public:
  // `services` are asked in order and outlive the server.
  DimseServer(DimseServerOptions options, std::vector<DimseService*> services);
  ~DimseServer();  // Stop() without drain
  // kAlreadyExists: the port is in use; kInvalidArgument: no such address.
  Status Start();
  uint16_t port() const { return port_; }
  // Accepts no more, lets commands under way finish at most `drain`, then aborts what is left.
  void Stop(std::chrono::milliseconds drain);

 private:
  struct Connection;
  using Time = std::chrono::steady_clock::time_point;

  void Loop();
  void AcceptAll();
  void OnReadable(int descriptor);
  void ReadRequest(Connection* connection);
  void Close(int descriptor);
  void Expire();
  void Establish(std::unique_ptr<Connection> connection);
  void Run(std::unique_ptr<Connection> connection);
  bool RunCommands(Association* association);
  void TakeBack();
  bool CountPeer(const std::string& host, int change);

  const DimseServerOptions options_;
  const std::vector<DimseService*> services_;
  int listener_ = -1;
  int epoll_ = -1;
  int wakeup_ = -1;
  uint16_t port_ = 0;
  std::thread loop_;
  std::atomic<bool> stopping_{false};

  // The loop's own.
  std::map<int, std::unique_ptr<Connection>> waiting_;  // by descriptor

  Mutex mutex_;
  CondVar quiet_;
  std::vector<std::unique_ptr<Connection>> returned_ ARGENT_GUARDED_BY(mutex_);  // idle again
  std::set<Association*> active_ ARGENT_GUARDED_BY(mutex_);
  std::map<std::string, size_t> associations_of_ ARGENT_GUARDED_BY(mutex_);  // by peer address
  size_t associations_ ARGENT_GUARDED_BY(mutex_) = 0;
  size_t threads_ ARGENT_GUARDED_BY(mutex_) = 0;
};

}  // namespace argent::ingest
