// std::mutex with the annotations that clang's thread-safety analysis reads (preset `tidy`): a
// member marked GUARDED_BY(mutex_) cannot be touched without the lock. For g++ the marks are empty.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define DBREPL_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define DBREPL_THREAD_ANNOTATION_(x)
#endif
#define GUARDED_BY(mutex) DBREPL_THREAD_ANNOTATION_(guarded_by(mutex))
#define REQUIRES(mutex) DBREPL_THREAD_ANNOTATION_(requires_capability(mutex))

namespace dbrepl {

class DBREPL_THREAD_ANNOTATION_(capability("mutex")) Mutex {
 public:
  void Lock() DBREPL_THREAD_ANNOTATION_(acquire_capability()) { mutex_.lock(); }
  void Unlock() DBREPL_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex for as long as it lives.
class DBREPL_THREAD_ANNOTATION_(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DBREPL_THREAD_ANNOTATION_(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() DBREPL_THREAD_ANNOTATION_(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits may end without reason: call them in a loop that tests the condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> held(mutex.mutex_, std::adopt_lock);
    condition_.wait(held);
    held.release();
  }
  // False: the time has passed.
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline) REQUIRES(mutex) {
    std::unique_lock<std::mutex> held(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(held, deadline) == std::cv_status::no_timeout;
    held.release();
    return in_time;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace dbrepl
