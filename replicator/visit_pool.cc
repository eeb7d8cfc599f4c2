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
  MutexLock lock(mutex_);
  while (!stop_.stop_requested() && waiting_.size() >= threads_.size()) room_.Wait(mutex_);
  if (stop_.stop_requested()) return false;
  waiting_.push_back(std::move(visit));
  work_.NotifyOne();
  return true;
}

void VisitPool::Finish() {
  MutexLock lock(mutex_);
  while (!waiting_.empty() || running_ > 0) room_.Wait(mutex_);
}

VisitPool::Visit VisitPool::Take() {
  MutexLock lock(mutex_);
  while (true) {
    if (stop_.stop_requested() && !waiting_.empty()) {
      waiting_.clear();
      room_.NotifyAll();
    }
    if (!waiting_.empty()) {
      Visit visit = std::move(waiting_.front());
      waiting_.pop_front();
      ++running_;
      room_.NotifyAll();
      return visit;
    }
    if (ending_) return nullptr;
    work_.Wait(mutex_);
  }
}

void VisitPool::Work() {
  while (Visit visit = Take()) {
    visit();
    visit = nullptr;  // what it captured dies before Finish can return
    MutexLock lock(mutex_);
    --running_;
    room_.NotifyAll();
  }
}

}  // namespace dbrepl
