// Counts associations, altogether and by peer host, and refuses at the bounds. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "storage/base/mutex.h"

namespace argent::ingest {

class AssociationLimits {
 public:
  // One association's place; given back when destroyed.
  class Seat {
   public:
    Seat(AssociationLimits* limits, std::string host) : limits_(limits), host_(std::move(host)) {}
    Seat(Seat&& other) noexcept
        : limits_(std::exchange(other.limits_, nullptr)), host_(std::move(other.host_)) {}
    Seat& operator=(Seat&&) = delete;
    ~Seat() {
      if (limits_ != nullptr) limits_->Release(host_);
    }

   private:
    AssociationLimits* limits_;
    std::string host_;
  };

  AssociationLimits(size_t total_max, size_t per_host_max)
      : total_max_(total_max), per_host_max_(per_host_max) {}

  // nullopt at a bound. From loopback only the total counts: behind it are proxies and the tools of this
  // machine. The limits must outlive the seat.
  std::optional<Seat> Take(const std::string& host, bool is_loopback) {
    MutexLock lock(&mutex_);
    const auto found = by_host_.find(host);
    const size_t of_host = found == by_host_.end() ? 0 : found->second;
    if (total_ >= total_max_ || (!is_loopback && of_host >= per_host_max_)) return std::nullopt;
    ++total_;
    ++by_host_[host];
    return std::optional<Seat>(std::in_place, this, host);
  }

  size_t total() const {
    MutexLock lock(&mutex_);
    return total_;
  }

 private:
  void Release(const std::string& host) {
    MutexLock lock(&mutex_);
    --total_;
    const auto found = by_host_.find(host);
    if (--found->second == 0) by_host_.erase(found);
  }

  const size_t total_max_;
  const size_t per_host_max_;
  mutable Mutex mutex_;
  size_t total_ ARGENT_GUARDED_BY(mutex_) = 0;
  std::map<std::string, size_t> by_host_ ARGENT_GUARDED_BY(mutex_);
};

}  // namespace argent::ingest
