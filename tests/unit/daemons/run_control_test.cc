#include "daemons/run_control.h"

#include <thread>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::hours;
using std::chrono::milliseconds;

// Waits for the sleeper in another thread.
void WaitUntilAsleep(const RunControl& control) {
  while (!control.SleepsUntil()) std::this_thread::yield();
}

TEST(RunControlTest, SleepEndsInTime) {
  RunControl control;
  const auto until = Steady::now() + milliseconds(20);
  control.SleepUntil(until);
  EXPECT_GE(Steady::now(), until);
  EXPECT_FALSE(control.SleepsUntil());
}

TEST(RunControlTest, AStopEndsTheSleep) {
  RunControl control;
  std::jthread sleeper([&] { control.SleepUntil(Steady::now() + hours(1)); });
  WaitUntilAsleep(control);
  EXPECT_GT(*control.SleepsUntil(), Steady::now() + milliseconds(3'000'000));
  control.RequestStop();
  sleeper.join();
  EXPECT_TRUE(control.is_stopping());
  EXPECT_TRUE(control.stop_token().stop_requested());
  EXPECT_FALSE(control.abandon_token().stop_requested());
  control.SleepUntil(Steady::now() + hours(1));  // and the next one
}

TEST(RunControlTest, AReloadEndsTheSleepOnce) {
  RunControl control;
  EXPECT_FALSE(control.TakeReload());
  std::jthread sleeper([&] { control.SleepUntil(Steady::now() + hours(1)); });
  WaitUntilAsleep(control);
  control.RequestReload();
  sleeper.join();
  control.SleepUntil(Steady::now() + hours(1));  // not taken yet
  EXPECT_TRUE(control.TakeReload());
  EXPECT_FALSE(control.TakeReload());
  EXPECT_FALSE(control.is_stopping());
}

TEST(RunControlTest, AbandonComesAfterTheStop) {
  RunControl control;
  control.RequestStop();
  control.Abandon();
  EXPECT_TRUE(control.abandon_token().stop_requested());
}

}  // namespace
}  // namespace dbrepl
