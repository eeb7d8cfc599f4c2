#include "replicator/visit_pool.h"

#include <atomic>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "tests/testlib/captured_log.h"

namespace dbrepl {
namespace {

class VisitPoolTest : public testing::Test {
 protected:
  std::stop_source stop_;
  CapturedLog log_;
};

TEST_F(VisitPoolTest, RunsEveryVisit) {
  std::atomic<int> done = 0;
  VisitPool pool(4, stop_.get_token(), log_.logger());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(pool.Submit([&] { ++done; }));
  pool.Finish();
  EXPECT_EQ(done, 1000);
  EXPECT_TRUE(pool.Submit([&] { ++done; }));
  pool.Finish();
  EXPECT_EQ(done, 1001);
}

TEST_F(VisitPoolTest, RunsAsManyAtATimeAsThereAreThreads) {
  constexpr int kThreads = 8;
  std::latch all_here(kThreads);
  VisitPool pool(kThreads, stop_.get_token(), log_.logger());
  for (int i = 0; i < kThreads; ++i) pool.Submit([&] { all_here.arrive_and_wait(); });
  pool.Finish();  // would never come back with fewer
}

TEST_F(VisitPoolTest, SubmitWaitsWhileAllAreBusy) {
  std::latch release(1);
  std::atomic<int> begun = 0;
  std::atomic<int> submitted = 0;
  VisitPool pool(2, stop_.get_token(), log_.logger());
  std::jthread walk([&] {
    for (int i = 0; i < 20; ++i) {
      pool.Submit([&] {
        ++begun;
        release.wait();
      });
      ++submitted;
    }
  });
  while (begun < 2) std::this_thread::yield();
  EXPECT_LE(submitted, 4);  // two at work, two waiting
  release.count_down();
  walk.join();
  pool.Finish();
  EXPECT_EQ(begun, 20);
}

TEST_F(VisitPoolTest, AStopFinishesWhatRunsAndDropsWhatWaits) {
  std::latch release(1);
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  VisitPool pool(1, stop_.get_token(), log_.logger());
  const auto visit = [&] {
    ++begun;
    release.wait();
    ++ended;
  };
  ASSERT_TRUE(pool.Submit(visit));
  while (begun < 1) std::this_thread::yield();
  ASSERT_TRUE(pool.Submit(visit));
  std::jthread stopper([&] { stop_.request_stop(); });
  EXPECT_FALSE(pool.Submit(visit));  // waits for room until the stop
  release.count_down();
  pool.Finish();
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(ended, 1);
  EXPECT_FALSE(pool.Submit(visit));
}

}  // namespace
}  // namespace dbrepl
