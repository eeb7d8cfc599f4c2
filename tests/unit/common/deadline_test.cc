#include "common/deadline.h"

#include <gtest/gtest.h>

#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(DeadlineTest, PassesWhenItsTimeIsOver) {
  FakeClock clock;
  const Deadline deadline = Deadline::After(seconds(2), clock);
  EXPECT_FALSE(deadline.Passed(clock));
  EXPECT_EQ(deadline.Remaining(clock), seconds(2));
  clock.Advance(milliseconds(1500));
  EXPECT_EQ(deadline.Remaining(clock), milliseconds(500));
  clock.Advance(milliseconds(500));
  EXPECT_TRUE(deadline.Passed(clock));
  clock.Advance(seconds(5));
  EXPECT_EQ(deadline.Remaining(clock), seconds(0));
}

TEST(DeadlineTest, NeverDoesNotPass) {
  FakeClock clock;
  clock.Advance(hours(24 * 365 * 100));
  EXPECT_FALSE(Deadline::Never().Passed(clock));
  EXPECT_EQ(Deadline::Never().Remaining(clock), Deadline::Duration::max());
  EXPECT_EQ(Deadline::After(Deadline::Duration::max(), clock), Deadline::Never());
}

TEST(DeadlineTest, ZeroHasPassedAtOnce) {
  const FakeClock clock;
  EXPECT_TRUE(Deadline::After(seconds(0), clock).Passed(clock));
}

}  // namespace
}  // namespace dbrepl
