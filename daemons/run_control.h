// What signals ask of a running daemon: to stop, to stop waiting for others, to read its
// configuration anew; and the sleep between two passes, which they end. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "common/mutex.h"

namespace dbrepl {

class RunControl {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Take up nothing new. Work that was begun may end.
  void RequestStop();
  std::stop_token stop_token() const { return stop_.get_token(); }
  bool is_stopping() const { return stop_.stop_requested(); }

  // Give up what waits for a peer or a child. For after RequestStop.
  void Abandon() { abandon_.request_stop(); }
  std::stop_token abandon_token() const { return abandon_.get_token(); }

  void RequestReload();
  // Whether a reload was requested since the last call.
  bool TakeReload();

  // Sleeps until then, or until a stop or a reload is requested, also before the call.
  void SleepUntil(TimePoint then);
  // Until when somebody sleeps now; nullopt: nobody does.
  std::optional<TimePoint> SleepsUntil() const;

 private:
  std::stop_source stop_;
  std::stop_source abandon_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool reload_ GUARDED_BY(mutex_) = false;
  std::optional<TimePoint> sleeps_until_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
