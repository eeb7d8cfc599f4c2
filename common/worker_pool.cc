#include "common/worker_pool.h"

#include <utility>

#include <pthread.h>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

WorkerPool::WorkerPool(const Options& options) : options_(options) {
  CHECK(options_.threads > 0);
  threads_.reserve(options_.threads);
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { Work(); });
    // At most 15 characters, or the kernel refuses the name and keeps the program's.
    pthread_setname_np(threads_.back().native_handle(), StrCat(options_.name, "-", i).c_str());
  }
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::TrySubmit(const std::string& key, JobLength length, std::function<void()> job) {
  bool first = false;
  {
    MutexLock lock(mutex_);
    if (stopping_ || queued_ >= options_.max_queued) return false;
    const auto lane = lanes_.try_emplace(key).first;
    first = lane->second.waiting.empty() && !lane->second.running;
    lane->second.waiting.push_back({length, std::move(job)});
    ++queued_;
    if (first) MakeReady(lane);
  }
  // Not under the lock: the thread would wake up only to wait for it.
  if (first) changed_.NotifyOne();
  return true;
}

void WorkerPool::MakeReady(Lanes::iterator lane) {
  const bool is_short = lane->second.waiting.front().length == JobLength::kShort;
  (is_short ? ready_short_ : ready_long_).push_back(&*lane);
}

bool WorkerPool::LongMayStart() const {
  return options_.threads == 1 || running_long_ + 1 < options_.threads;
}

WorkerPool::Lanes::value_type* WorkerPool::NextLane() {
  const bool have_long = !ready_long_.empty() && LongMayStart();
  if (ready_short_.empty() && !have_long) return nullptr;
  // In turns where both wait, so that neither kind starves.
  const bool take_long = have_long && (ready_short_.empty() || !long_was_last_);
  long_was_last_ = take_long;
  std::deque<Lanes::value_type*>& queue = take_long ? ready_long_ : ready_short_;
  Lanes::value_type* lane = queue.front();
  queue.pop_front();
  return lane;
}

void WorkerPool::RunFirst(Lanes::value_type& lane) {
  Job job = std::move(lane.second.waiting.front());
  lane.second.waiting.pop_front();
  lane.second.running = true;
  const std::size_t is_long = job.length == JobLength::kLong ? 1 : 0;
  --queued_;
  ++running_;
  running_long_ += is_long;

  mutex_.Unlock();
  job.run();
  job.run = nullptr;  // what it captured dies outside the lock
  mutex_.Lock();

  --running_;
  running_long_ -= is_long;
  lane.second.running = false;
  if (lane.second.waiting.empty()) {
    lanes_.erase(lanes_.find(lane.first));
  } else {
    MakeReady(lanes_.find(lane.first));
    changed_.NotifyOne();
  }
  // A long job's end may let another one start; the last job's end lets the threads end.
  if (is_long != 0 || (stopping_ && queued_ == 0)) changed_.NotifyAll();
}

void WorkerPool::Work() {
  MutexLock lock(mutex_);
  while (true) {
    if (Lanes::value_type* lane = NextLane(); lane != nullptr) {
      RunFirst(*lane);
    } else if (stopping_ && queued_ == 0) {
      return;
    } else {
      changed_.Wait(mutex_);
    }
  }
}

void WorkerPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  for (std::jthread& thread : threads_)
    if (thread.joinable()) thread.join();
}

std::size_t WorkerPool::Pending() const {
  MutexLock lock(mutex_);
  return queued_ + running_;
}

}  // namespace dbrepl
