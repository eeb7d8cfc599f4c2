// A point in time that is handed down a call chain, instead of timeouts that add up. A value,
// thread-safe to copy and read.
#pragma once

#include <algorithm>
#include <chrono>

#include "common/clock.h"

namespace dbrepl {

class Deadline {
 public:
  using Duration = std::chrono::steady_clock::duration;
  using TimePoint = std::chrono::steady_clock::time_point;

  // Never passes.
  static constexpr Deadline Never() { return Deadline(TimePoint::max()); }
  // `timeout` from now; one too long to be represented never passes.
  static Deadline After(Duration timeout, const Clock& clock) {
    const TimePoint now = clock.SteadyNow();
    return timeout < TimePoint::max() - now ? Deadline(now + timeout) : Never();
  }

  bool Passed(const Clock& clock) const { return clock.SteadyNow() >= at_; }
  // Zero when passed; Duration::max() for Never().
  Duration Remaining(const Clock& clock) const {
    if (at_ == TimePoint::max()) return Duration::max();
    return std::max(at_ - clock.SteadyNow(), Duration::zero());
  }
  // For waits that take a point in time, such as CondVar::WaitUntil.
  constexpr TimePoint at() const { return at_; }

  bool operator==(const Deadline&) const = default;

 private:
  explicit constexpr Deadline(TimePoint at) : at_(at) {}
  TimePoint at_;
};

}  // namespace dbrepl
