#include "common/worker_pool.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

// A job that waits until it is let go.
struct Hold {
  std::atomic<bool> begun{false};
  std::atomic<bool> go{false};

  std::function<void()> Job() {
    return [this] {
      begun = true;
      begun.notify_all();
      go.wait(false);
    };
  }
  void Release() {
    go = true;
    go.notify_all();
  }
  void AwaitBegin() { begun.wait(false); }
};

TEST(WorkerPoolTest, OneKeyInOrder) {
  std::vector<int> seen;  // one job at a time writes it
  {
    WorkerPool pool({.threads = 4});
    for (int i = 0; i < 200; ++i)
      EXPECT_TRUE(pool.TrySubmit("a", i % 2 == 0 ? JobLength::kShort : JobLength::kLong,
                                 [&seen, i] { seen.push_back(i); }));
  }
  ASSERT_EQ(seen.size(), 200U);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPoolTest, DifferentKeysMeet) {
  WorkerPool pool({.threads = 2});
  Hold first;
  Hold second;
  EXPECT_TRUE(pool.TrySubmit("a", JobLength::kShort, first.Job()));
  EXPECT_TRUE(pool.TrySubmit("b", JobLength::kShort, second.Job()));
  first.AwaitBegin();
  second.AwaitBegin();
  EXPECT_EQ(pool.Pending(), 2U);
  first.Release();
  second.Release();
}

TEST(WorkerPoolTest, LongJobsLeaveAThreadForShortOnes) {
  WorkerPool pool({.threads = 2});
  Hold long_one;
  Hold long_two;
  Hold short_one;
  EXPECT_TRUE(pool.TrySubmit("a", JobLength::kLong, long_one.Job()));
  EXPECT_TRUE(pool.TrySubmit("b", JobLength::kLong, long_two.Job()));
  long_one.AwaitBegin();
  EXPECT_TRUE(pool.TrySubmit("c", JobLength::kShort, short_one.Job()));
  short_one.AwaitBegin();
  short_one.Release();
  EXPECT_FALSE(long_two.begun);
  long_one.Release();
  long_two.AwaitBegin();
  long_two.Release();
}

TEST(WorkerPoolTest, ASingleThreadServesBothKinds) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 1});
    for (int i = 0; i < 10; ++i)
      pool.TrySubmit(StrCat(i), i % 2 == 0 ? JobLength::kShort : JobLength::kLong, [&] { ++ran; });
  }
  EXPECT_EQ(ran, 10);
}

TEST(WorkerPoolTest, LongJobsAreNotStarvedByShortOnes) {
  WorkerPool pool({.threads = 2, .max_queued = 10'000});
  Hold blocker_one;
  Hold blocker_two;
  EXPECT_TRUE(pool.TrySubmit("x", JobLength::kShort, blocker_one.Job()));
  EXPECT_TRUE(pool.TrySubmit("y", JobLength::kShort, blocker_two.Job()));
  blocker_one.AwaitBegin();
  blocker_two.AwaitBegin();
  std::atomic<int> shorts{0};
  int shorts_before_long = -1;
  for (int i = 0; i < 1000; ++i) pool.TrySubmit(StrCat(i), JobLength::kShort, [&] { ++shorts; });
  pool.TrySubmit("long", JobLength::kLong, [&] { shorts_before_long = shorts; });
  blocker_one.Release();
  blocker_two.Release();
  pool.Stop();
  EXPECT_EQ(shorts, 1000);
  EXPECT_LT(shorts_before_long, 500);
}

TEST(WorkerPoolTest, TheQueueIsBounded) {
  WorkerPool pool({.threads = 1, .max_queued = 2});
  Hold hold;
  EXPECT_TRUE(pool.TrySubmit("a", JobLength::kShort, hold.Job()));
  hold.AwaitBegin();
  EXPECT_TRUE(pool.TrySubmit("a", JobLength::kShort, [] {}));
  EXPECT_TRUE(pool.TrySubmit("b", JobLength::kShort, [] {}));
  EXPECT_FALSE(pool.TrySubmit("c", JobLength::kShort, [] { FAIL(); }));
  hold.Release();
}

TEST(WorkerPoolTest, StopFinishesWhatWasAcceptedAndRefusesMore) {
  WorkerPool pool({.threads = 3, .max_queued = 1000});
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(pool.TrySubmit(StrCat(i % 7), JobLength::kShort, [&] { ++ran; }));
  pool.Stop();
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(pool.Pending(), 0U);
  EXPECT_FALSE(pool.TrySubmit("a", JobLength::kShort, [] { FAIL(); }));
  pool.Stop();
}

}  // namespace
}  // namespace dbrepl
