#include "common/stop_sleep.h"

#include <thread>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(StopSleep, LastsAsLongAsToldWithoutAStop) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(SleepUnlessStopped(milliseconds(20), std::stop_token()));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(20));
}

TEST(StopSleep, EndsWhenAStopIsRequested) {
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  EXPECT_FALSE(SleepUnlessStopped(hours(1), source.get_token()));
}

TEST(StopSleep, DoesNotBeginAfterAStop) {
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(SleepUnlessStopped(hours(1), source.get_token()));
}

}  // namespace
}  // namespace dbrepl
