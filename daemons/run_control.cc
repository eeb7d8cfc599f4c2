#include "daemons/run_control.h"

#include <utility>

namespace dbrepl {

void RunControl::RequestStop() {
  stop_.request_stop();
  MutexLock lock(mutex_);
  changed_.NotifyAll();
}

void RunControl::RequestReload() {
  MutexLock lock(mutex_);
  reload_ = true;
  changed_.NotifyAll();
}

bool RunControl::TakeReload() {
  MutexLock lock(mutex_);
  return std::exchange(reload_, false);
}

void RunControl::SleepUntil(TimePoint then) {
  MutexLock lock(mutex_);
  sleeps_until_ = then;
  bool in_time = true;
  while (in_time && !reload_ && !stop_.stop_requested()) in_time = changed_.WaitUntil(mutex_, then);
  sleeps_until_.reset();
}

std::optional<RunControl::TimePoint> RunControl::SleepsUntil() const {
  MutexLock lock(mutex_);
  return sleeps_until_;
}

}  // namespace dbrepl
