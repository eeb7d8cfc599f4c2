#include "common/clock.h"

#include <ctime>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(SystemClockTest, TellsTheMachinesTime) {
  const auto before = static_cast<double>(std::time(nullptr));
  const double now = SystemClock().NowSeconds();
  EXPECT_GE(now, before);
  EXPECT_LE(now, before + 5);
  const auto earlier = SystemClock().SteadyNow();
  EXPECT_LE(earlier, SystemClock().SteadyNow());
}

}  // namespace
}  // namespace dbrepl
