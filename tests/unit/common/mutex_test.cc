#include "common/mutex.h"

#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Box {
 public:
  void Put(int value) {
    const MutexLock lock(mutex_);
    value_ = value;
    filled_.NotifyAll();
  }
  int Take() {
    const MutexLock lock(mutex_);
    while (value_ == 0) filled_.Wait(mutex_);
    return std::exchange(value_, 0);
  }
  bool FilledBefore(steady_clock::time_point deadline) {
    const MutexLock lock(mutex_);
    while (value_ == 0) {
      if (!filled_.WaitUntil(mutex_, deadline)) return value_ != 0;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar filled_;
  int value_ GUARDED_BY(mutex_) = 0;
};

TEST(MutexTest, WaiterSeesWhatWasPut) {
  Box box;
  std::thread giver([&] { box.Put(7); });
  EXPECT_EQ(box.Take(), 7);
  giver.join();
}

TEST(MutexTest, WaitUntilGivesUp) {
  Box box;
  const auto deadline = steady_clock::now() + milliseconds(20);
  EXPECT_FALSE(box.FilledBefore(deadline));
  EXPECT_GE(steady_clock::now(), deadline);
  box.Put(1);
  EXPECT_TRUE(box.FilledBefore(deadline));
}

}  // namespace
}  // namespace dbrepl
