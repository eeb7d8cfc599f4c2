#include "replicator/rate_limiter.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Sleeps as it is told, by moving its own time.
class Walker {
 public:
  explicit Walker(double per_second) : limiter_(per_second) {}
  // Works for so long, then takes a turn; returns what it had to wait.
  nanoseconds TurnAfter(nanoseconds work) {
    now_ += work;
    const nanoseconds wait = limiter_.Reserve(now_);
    now_ += wait;
    return wait;
  }

 private:
  RateLimiter limiter_;
  RateLimiter::TimePoint now_{hours(1)};
};

TEST(RateLimiter, NoRateMeansNoWaiting) {
  for (const double rate : {0.0, -1.0}) {
    Walker walker(rate);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), nanoseconds(0));
  }
}

TEST(RateLimiter, TheFirstTurnIsFreeAndTheOthersAreAStepApart) {
  Walker walker(50);
  EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), nanoseconds(0));
  EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), milliseconds(20));
  EXPECT_EQ(walker.TurnAfter(milliseconds(15)), milliseconds(5));
  EXPECT_EQ(walker.TurnAfter(milliseconds(20)), nanoseconds(0));
}

TEST(RateLimiter, WhoWasSlowMayCatchUp) {
  Walker walker(10);
  walker.TurnAfter(nanoseconds(0));  // the next turn is due in 0.1 s
  EXPECT_EQ(walker.TurnAfter(seconds(5)), nanoseconds(0));
  // 4.9 s behind: 49 more turns without waiting.
  for (int i = 0; i < 49; ++i) EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), nanoseconds(0)) << i;
  EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), milliseconds(100));
}

TEST(RateLimiter, ALongPauseGivesNoCredit) {
  Walker walker(10);
  walker.TurnAfter(nanoseconds(0));
  EXPECT_EQ(walker.TurnAfter(seconds(5) + milliseconds(101)), nanoseconds(0));
  EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), milliseconds(100));
}

TEST(RateLimiter, ATinyRateWaitsADayAtMost) {
  Walker walker(1e-300);
  walker.TurnAfter(nanoseconds(0));
  EXPECT_EQ(walker.TurnAfter(nanoseconds(0)), hours(24));
}

}  // namespace
}  // namespace dbrepl
