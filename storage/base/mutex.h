// Mutex and condition variable annotated for clang's thread-safety analysis (-Werror=thread-safety).
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ARGENT_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define ARGENT_THREAD_ANNOTATION(x)
#endif

#define ARGENT_CAPABILITY(x) ARGENT_THREAD_ANNOTATION(capability(x))
#define ARGENT_SCOPED_CAPABILITY ARGENT_THREAD_ANNOTATION(scoped_lockable)
#define ARGENT_GUARDED_BY(x) ARGENT_THREAD_ANNOTATION(guarded_by(x))
#define ARGENT_PT_GUARDED_BY(x) ARGENT_THREAD_ANNOTATION(pt_guarded_by(x))
#define ARGENT_REQUIRES(...) ARGENT_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ARGENT_EXCLUDES(...) ARGENT_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ARGENT_ACQUIRE(...) ARGENT_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ARGENT_RELEASE(...) ARGENT_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define ARGENT_NO_THREAD_SAFETY_ANALYSIS ARGENT_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace argent {

class ARGENT_CAPABILITY("mutex") Mutex {
 public:
  void Lock() ARGENT_ACQUIRE() { mutex_.lock(); }
  void Unlock() ARGENT_RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ARGENT_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ARGENT_ACQUIRE(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() ARGENT_RELEASE() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mutex_;
};

// Wait in a loop on the condition: wake-ups may be spurious.
class CondVar {
 public:
  void Wait(Mutex* mutex) ARGENT_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when the time ran out.
  bool WaitFor(Mutex* mutex, std::chrono::microseconds timeout) ARGENT_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    bool woken = condition_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace argent
