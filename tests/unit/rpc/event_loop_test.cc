#include "rpc/event_loop.h"

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "rpc/timer.h"
#include "tests/unit/rpc/sockets.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

TEST(EventLoopTest, RunsPostedJobsInOrderOnItsThread) {
  auto thread = LoopThread::Start();
  ASSERT_TRUE(thread);
  std::vector<int> seen;
  std::thread::id where;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(thread->loop().Post([&seen, i] { seen.push_back(i); }));
  EXPECT_TRUE(thread->loop().PostAndWait([&] { where = std::this_thread::get_id(); }));
  EXPECT_EQ(seen, (std::vector{0, 1, 2}));
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(EventLoopTest, AcceptedJobsRunAndLateOnesAreRefused) {
  auto loop = *EventLoop::Create();
  bool ran = false;
  EXPECT_TRUE(loop->Post([&] { ran = true; }));
  loop->Stop();
  EXPECT_FALSE(loop->Post([] { FAIL(); }));
  loop->Run();
  EXPECT_TRUE(ran);
  EXPECT_FALSE(loop->PostAndWait([] { FAIL(); }));
}

TEST(EventLoopTest, EndsWithoutEverRunning) {
  auto loop = *EventLoop::Create();
  bool ran = false;
  Timer timer(*loop, [] {});
  EXPECT_TRUE(loop->Post([&] { ran = true; }));
  loop.reset();
  EXPECT_TRUE(ran);
}

TEST(EventLoopTest, EveryAcceptedJobRunsWhileManyThreadsPostAndOneStops) {
  std::atomic<int> accepted{0};
  std::atomic<int> ran{0};
  {
    auto thread = LoopThread::Start();
    std::vector<std::jthread> posters;
    for (int i = 0; i < 4; ++i)
      posters.emplace_back([&] {
        while (thread->loop().Post([&] { ++ran; })) ++accepted;
      });
    EXPECT_TRUE(Eventually([&] { return accepted > 1000; }));
    thread->loop().Stop();
  }
  EXPECT_EQ(ran, accepted);
}

TEST(TimerTest, FiresOnceInOrderAndNotWhenStopped) {
  auto loop = *EventLoop::Create();
  std::vector<int> fired;
  Timer late(*loop, [&] {
    fired.push_back(2);
    loop->Stop();
  });
  Timer early(*loop, [&] { fired.push_back(1); });
  Timer stopped(*loop, [&] { fired.push_back(3); });
  late.Start(milliseconds(6));
  early.Start(milliseconds(1));
  stopped.Start(milliseconds(1));
  stopped.Stop();
  loop->Run();
  EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST(TimerTest, MayDestroyItself) {
  auto loop = *EventLoop::Create();
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(*loop, [&] {
    timer.reset();
    loop->Stop();
  });
  timer->Start(milliseconds(0));
  loop->Run();
  EXPECT_EQ(timer, nullptr);
}

TEST(TimerTest, OutlivesItsLoopHarmlessly) {
  auto loop = *EventLoop::Create();
  Timer timer(*loop, [] { FAIL(); });
  // Far away: a timer that is due when the loop takes its turn fires before the stop is seen.
  timer.Start(std::chrono::hours(1));
  loop->Stop();
  loop->Run();
  timer.Start(milliseconds(0));
  timer.Stop();
}

TEST(SignalWatcherTest, HearsTheSignal) {
  auto loop = *EventLoop::Create();
  int heard = 0;
  SignalWatcher watcher(*loop, SIGUSR2, [&] {
    ++heard;
    loop->Stop();
  });
  ASSERT_EQ(::kill(::getpid(), SIGUSR2), 0);
  loop->Run();
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace dbrepl
