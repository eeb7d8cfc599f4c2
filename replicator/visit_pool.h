// The threads that visit databases: `concurrency` of them, each with one database at a time, and a
// walk that waits while all are busy. A slow peer costs a parked thread and no more.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

#include "common/log.h"
#include "common/mutex.h"
#include "common/small_thread.h"

namespace dbrepl {

// Filled by one thread. The destructor waits for the visits that run.
class VisitPool {
 public:
  using Visit = std::function<void()>;

  // Threads are called visit-0, visit-1 ... in `ps -L`. When the system gives fewer, the log says
  // so and those do the work; with none at all, Submit does. Once a stop is requested no visit is
  // begun any more.
  VisitPool(std::size_t threads, const std::stop_token& stop, const Logger& logger);
  ~VisitPool();
  VisitPool(const VisitPool&) = delete;
  VisitPool& operator=(const VisitPool&) = delete;

  // Hands a visit over, waiting while as many wait as there are threads. False: a stop was
  // requested, the visit is dropped. It must not throw.
  bool Submit(Visit visit);
  // Waits until every visit that was handed over is done or dropped.
  void Finish();

 private:
  void Work();
  // What a thread does next; null at the end and after a stop.
  Visit Take();

  const std::stop_token stop_;
  Mutex mutex_;
  CondVar work_;  // there is a visit to begin, or the end has come
  CondVar room_;  // half of the queue is free, all is done or dropped
  std::deque<Visit> waiting_ GUARDED_BY(mutex_);
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<SmallThread> threads_;
};

}  // namespace dbrepl
