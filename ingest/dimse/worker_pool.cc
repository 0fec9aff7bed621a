#include "ingest/dimse/worker_pool.h"

#include <iterator>
#include <system_error>
#include <utility>

#include "storage/base/log.h"

namespace argent::ingest {
namespace {
// Long enough for a modality's pause between two series, short enough that a night without senders has no
// threads.
constexpr auto kIdleTime = std::chrono::seconds(5);
}  // namespace

void WorkerPool::Submit(std::function<void()> task) {
  MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
  ReapFinished();
  if (idle_count_ < tasks_.size() && running_count_ < threads_max_) StartWorker();
  work_there_.NotifyOne();
}

// Where the system gives no more threads, the task waits for one of those there are.
void WorkerPool::StartWorker() {
  Worker& worker = workers_.emplace_back();
  try {
    worker.thread = std::thread([this, &worker] { Run(&worker); });
    ++running_count_;
  } catch (const std::system_error& error) {
    workers_.pop_back();
    ARGENT_LOG_ERROR("no further thread for an association: {}", error.what());
  }
}

void WorkerPool::ReapFinished() {
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    const auto next = std::next(worker);
    if (worker->finished) {
      worker->thread.join();  // it has left the lock for the last time and only returns
      workers_.erase(worker);
    }
    worker = next;
  }
}

void WorkerPool::Run(Worker* self) {
  MutexLock lock(&mutex_);
  for (;;) {
    if (!tasks_.empty()) {
      std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      mutex_.Unlock();
      task();
      task = nullptr;  // what it holds goes outside the lock
      mutex_.Lock();
    } else if (stopping_) {
      break;
    } else {
      ++idle_count_;
      const bool woken = work_there_.WaitFor(&mutex_, kIdleTime);
      --idle_count_;
      if (!woken && tasks_.empty()) break;
    }
  }
  --running_count_;
  self->finished = true;
}

void WorkerPool::Join() {
  std::list<Worker> workers;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    work_there_.NotifyAll();
    // Nobody submits any more, so that the list does not change but for `finished`, which each thread sets in
    // its own node.
    workers.swap(workers_);
  }
  for (Worker& worker : workers) worker.thread.join();
}

}  // namespace argent::ingest
