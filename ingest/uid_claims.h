// Holds a SOP Instance UID while its fate is decided and written, so that two senders of one UID are judged
// one after the other. Thread-safe.
#pragma once

#include <set>
#include <string>

#include "codec/uid.h"
#include "storage/base/mutex.h"

namespace argent::ingest {

class UidClaims {
 public:
  // Waits while another holds the UID.
  void Acquire(const codec::SopInstanceUid& uid) {
    MutexLock lock(&mutex_);
    while (!held_.insert(uid.text()).second) released_.Wait(&mutex_);
  }
  void Release(const codec::SopInstanceUid& uid) {
    {
      MutexLock lock(&mutex_);
      held_.erase(uid.text());
    }
    released_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar released_;
  std::set<std::string> held_ ARGENT_GUARDED_BY(mutex_);
};

}  // namespace argent::ingest
