// A bounded pool of threads that come when they are needed and go when they have had nothing to do for a
// while. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <thread>

#include "storage/base/mutex.h"

namespace argent::ingest {

class WorkerPool {
 public:
  explicit WorkerPool(size_t threads_max) : threads_max_(threads_max) {}
  // Waits for what is submitted.
  ~WorkerPool() { Join(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `task` on a thread of its own at once while there are fewer than threads_max tasks, else when one of
  // them is done.
  void Submit(std::function<void()> task);
  // Waits for what is submitted, then ends the threads. Submit() must not be called any more.
  void Join();

 private:
  struct Worker {
    std::thread thread;
    bool finished = false;
  };

  void Run(Worker* self);
  void StartWorker() ARGENT_REQUIRES(mutex_);
  void ReapFinished() ARGENT_REQUIRES(mutex_);

  const size_t threads_max_;
  Mutex mutex_;
  CondVar work_there_;
  std::deque<std::function<void()>> tasks_ ARGENT_GUARDED_BY(mutex_);
  std::list<Worker> workers_ ARGENT_GUARDED_BY(mutex_);
  size_t running_count_ ARGENT_GUARDED_BY(mutex_) = 0;  // threads not yet finished
  size_t idle_count_ ARGENT_GUARDED_BY(mutex_) = 0;
  bool stopping_ ARGENT_GUARDED_BY(mutex_) = false;
};

}  // namespace argent::ingest
