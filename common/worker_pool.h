// Threads that run jobs which may block, with one rule: jobs of the same key run one after the
// other in the order of their submission, jobs of different keys in parallel.
//
// A server uses the path of a database as the key, so that requests for one database never meet
// and a slow database holds up no other. One thread is kept free of long jobs: however many big
// merges wait, a short job of another key starts as soon as a short one ends.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/mutex.h"

namespace dbrepl {

enum class JobLength { kShort, kLong };

// Thread-safe. The destructor finishes what was accepted (see Stop).
class WorkerPool {
 public:
  struct Options {
    std::size_t threads = 4;
    std::size_t max_queued = 1024;  // jobs that wait; those that run are not counted
    std::string name = "work";      // threads are called work-0, work-1 ... in `ps -L`
  };

  explicit WorkerPool(const Options& options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Never waits. False: the queue is full or Stop was called; the job is dropped. With a single
  // thread the length has no meaning. A job must not throw.
  bool TrySubmit(const std::string& key, JobLength length, std::function<void()> job);

  // Refuses new jobs, runs the accepted ones to their end and joins the threads. Not to be called
  // from a job. May be called twice.
  void Stop();

  // Jobs waiting and running at this moment; for statistics and tests.
  std::size_t Pending() const;

 private:
  struct Job {
    JobLength length;
    std::function<void()> run;
  };
  // The jobs of one key; exists while any of them waits or runs.
  struct Lane {
    std::deque<Job> waiting;
    bool running = false;
  };
  using Lanes = std::unordered_map<std::string, Lane>;

  void Work();
  // Queues a lane by the length of its first job; the caller wakes a thread.
  void MakeReady(Lanes::iterator lane) REQUIRES(mutex_);
  bool LongMayStart() const REQUIRES(mutex_);
  // The next lane to serve, nullptr when there is none for now. Takes it off the queue.
  Lanes::value_type* NextLane() REQUIRES(mutex_);
  void RunFirst(Lanes::value_type& lane) REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  CondVar changed_;
  Lanes lanes_ GUARDED_BY(mutex_);
  // Lanes whose first job may start, oldest first. Elements of lanes_ keep their address.
  std::deque<Lanes::value_type*> ready_short_ GUARDED_BY(mutex_);
  std::deque<Lanes::value_type*> ready_long_ GUARDED_BY(mutex_);
  std::size_t queued_ GUARDED_BY(mutex_) = 0;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::size_t running_long_ GUARDED_BY(mutex_) = 0;
  bool long_was_last_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace dbrepl
