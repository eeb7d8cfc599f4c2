// How often something may be done: Swift's databases_per_second (swift-reference.md section 5.3).
// Pure arithmetic; who uses it brings the time and sleeps.
#pragma once

#include <chrono>

namespace dbrepl {

// Used by one thread.
class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // 0 and below: unlimited. Whoever was slower than the rate may catch up on at most 5 seconds; a
  // longer pause gives no credit at all.
  explicit RateLimiter(double per_second);

  // Takes the next turn; returns how long to wait for it, zero for not at all.
  std::chrono::nanoseconds Reserve(TimePoint now);

 private:
  const std::chrono::nanoseconds step_;  // zero: unlimited
  TimePoint next_turn_ = TimePoint::min();
};

}  // namespace dbrepl
