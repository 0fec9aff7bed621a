// Carries an active association: takes its commands one after the other and gives each to its service, until
// the peer pauses or the association is over. Thread-safe: Run() goes on many threads, one for each
// association.
#pragma once

#include <atomic>
#include <chrono>
#include <set>
#include <vector>

#include "ingest/dimse/association.h"
#include "ingest/dimse/service.h"
#include "storage/base/mutex.h"

namespace argent::ingest {

class AssociationRunner {
 public:
  enum class End {
    kIdle,  // open; the peer has sent nothing for the linger timeout
    kOver,  // not open any more
  };

  // The services must outlive the runner.
  AssociationRunner(std::vector<DimseService*> services, std::chrono::milliseconds linger_timeout)
      : services_(std::move(services)), linger_timeout_(linger_timeout) {}

  End Run(Association* association);

  // From now on an association is aborted after the operation it is in.
  void Drain() { draining_ = true; }
  // Aborts the running operations: Association::Interrupt().
  void InterruptAll(bool hard);
  // False when associations still run after `timeout`.
  bool WaitUntilNoneRuns(std::chrono::milliseconds timeout);
  size_t running_count() const;

 private:
  // True when there may be a next command at once.
  bool RunCommand(Association* association);

  const std::vector<DimseService*> services_;
  const std::chrono::milliseconds linger_timeout_;
  std::atomic<bool> draining_{false};
  mutable Mutex mutex_;
  CondVar ended_;
  std::set<Association*> running_ ARGENT_GUARDED_BY(mutex_);
};

}  // namespace argent::ingest
