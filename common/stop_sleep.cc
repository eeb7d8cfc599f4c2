#include "common/stop_sleep.h"

#include "common/deadline.h"
#include "common/mutex.h"

namespace dbrepl {

bool SleepUnlessStopped(std::chrono::nanoseconds duration, const std::stop_token& stop) {
  const Deadline end = Deadline::After(duration, SystemClock());
  Mutex mutex;
  CondVar stopped;
  // Declared before the lock: its destructor waits for a callback that wants the lock.
  const std::stop_callback wake(stop, [&] {
    MutexLock lock(mutex);
    stopped.NotifyAll();
  });
  MutexLock lock(mutex);
  while (!stop.stop_requested() && !end.Passed(SystemClock())) stopped.WaitUntil(mutex, end.at());
  return !stop.stop_requested();
}

}  // namespace dbrepl
