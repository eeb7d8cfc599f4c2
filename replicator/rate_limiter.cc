#include "replicator/rate_limiter.h"

#include <algorithm>

namespace dbrepl {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::seconds kCredit{5};
// Nobody waits longer for one turn; also keeps the sums below from overflowing.
constexpr double kMaxStepSeconds = 86'400;

nanoseconds StepOf(double per_second) {
  if (!(per_second > 0)) return nanoseconds::zero();
  const double seconds = std::min(1 / per_second, kMaxStepSeconds);
  return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace

RateLimiter::RateLimiter(double per_second) : step_(StepOf(per_second)) {}

nanoseconds RateLimiter::Reserve(TimePoint now) {
  if (step_ == nanoseconds::zero()) return nanoseconds::zero();
  const bool is_first = next_turn_ == TimePoint::min();
  if (is_first || now - next_turn_ > kCredit) next_turn_ = now;
  const nanoseconds wait = std::max(next_turn_ - now, nanoseconds::zero());
  next_turn_ += step_;
  return wait;
}

}  // namespace dbrepl
