// Time behind a seam: production uses SystemClock, tests and simulations their own. Thread-safe.
#pragma once

#include <chrono>

namespace dbrepl {

class Clock {
 public:
  virtual ~Clock() = default;
  // Seconds since 1970, as Python's time.time().
  virtual double NowSeconds() const = 0;
  // Never goes backwards; for deadlines and durations.
  virtual std::chrono::steady_clock::time_point SteadyNow() const = 0;
};

// The machine's own clocks; lives for ever.
const Clock& SystemClock();

}  // namespace dbrepl
