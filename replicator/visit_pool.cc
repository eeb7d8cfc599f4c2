#include "replicator/visit_pool.h"

#include <utility>

#include "common/strings.h"

namespace dbrepl {

VisitPool::VisitPool(std::size_t threads, const std::stop_token& stop, const Logger& logger)
    : stop_(stop) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    auto thread = SmallThread::Start(StrCat("visit-", i), [this] { Work(); });
    if (!thread) {
      logger.Warning("Only ", i, " of ", threads, " threads for databases, ",
                     thread.error().message, "; lower concurrency or raise the limits");
      break;
    }
    threads_.push_back(*std::move(thread));
  }
}

VisitPool::~VisitPool() {
  Finish();
  MutexLock lock(mutex_);
  ending_ = true;
  work_.NotifyAll();
}

bool VisitPool::Submit(Visit visit) {
  if (threads_.empty() && !stop_.stop_requested()) {
    visit();
    return true;
  }
  const std::stop_callback wake(stop_, [this] {
    MutexLock lock(mutex_);
    room_.NotifyAll();
  });
  {
    MutexLock lock(mutex_);
    while (!stop_.stop_requested() && waiting_.size() >= threads_.size()) room_.Wait(mutex_);
    if (stop_.stop_requested()) return false;
    waiting_.push_back(std::move(visit));
  }
  work_.NotifyOne();  // whoever wakes finds the lock free
  return true;
}

void VisitPool::Finish() {
  MutexLock lock(mutex_);
  while (!waiting_.empty() || running_ > 0) room_.Wait(mutex_);
}

VisitPool::Visit VisitPool::Take() {
  Visit visit;
  bool wakes = false;
  {
    MutexLock lock(mutex_);
    while (waiting_.empty() && !ending_) work_.Wait(mutex_);
    const bool stopped = stop_.stop_requested();
    if (stopped) waiting_.clear();
    if (!waiting_.empty()) {
      visit = std::move(waiting_.front());
      waiting_.pop_front();
      ++running_;
    }
    // The walk fills the queue up in one go instead of waking for each visit.
    wakes = stopped || waiting_.size() == threads_.size() / 2;
  }
  if (wakes) room_.NotifyAll();
  return visit;
}

void VisitPool::Work() {
  while (Visit visit = Take()) {
    visit();
    visit = nullptr;  // what it captured dies before Finish can return
    bool all_done = false;
    {
      MutexLock lock(mutex_);
      --running_;
      all_done = running_ == 0 && waiting_.empty();
    }
    if (all_done) room_.NotifyAll();
  }
}

}  // namespace dbrepl
