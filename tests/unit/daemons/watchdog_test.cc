#include "daemons/watchdog.h"

#include <atomic>
#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/strings.h"
#include "daemons/life_signs.h"
#include "tests/testlib/datagram_receiver.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

constexpr int kPatience = 60'000;  // milliseconds

TEST(WatchdogTest, TimeComesFromTheEnvironment) {
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
  EXPECT_FALSE(WatchdogTime());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(WatchdogTime(), milliseconds(30000));
  ::setenv("WATCHDOG_PID", StrCat(::getpid()).c_str(), 1);
  EXPECT_EQ(WatchdogTime(), milliseconds(30000));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(WatchdogTime());
  ::unsetenv("WATCHDOG_PID");
  for (const char* nonsense : {"", "x", "0", "-5"}) {
    ::setenv("WATCHDOG_USEC", nonsense, 1);
    EXPECT_FALSE(WatchdogTime()) << nonsense;
  }
  ::setenv("WATCHDOG_USEC", "1", 1);
  EXPECT_EQ(WatchdogTime(), milliseconds(1));
  ::unsetenv("WATCHDOG_USEC");
}

TEST(WatchdogTest, TellsTheManagerAsLongAsThereIsLife) {
  const TempDir folder;
  auto manager = DatagramReceiver::AtPath(folder.Sub("notify"));
  ::setenv("NOTIFY_SOCKET", folder.Sub("notify").c_str(), 1);
  auto loop = LoopThread::Start();
  ASSERT_TRUE(loop);
  std::atomic<int> asked = 0;
  std::atomic<bool> is_alive = true;
  std::unique_ptr<Watchdog> watchdog;
  loop->loop().PostAndWait([&] {
    watchdog = std::make_unique<Watchdog>(loop->loop(), milliseconds(40), [&] {
      ++asked;
      return is_alive.load();
    });
  });
  EXPECT_EQ(manager.Receive(kPatience), "WATCHDOG=1");
  EXPECT_EQ(manager.Receive(kPatience), "WATCHDOG=1");
  is_alive = false;
  loop->loop().PostAndWait([] {});
  while (manager.Receive(0)) {
  }
  for (const int before = asked; asked < before + 3;) std::this_thread::yield();
  EXPECT_EQ(manager.Receive(0), std::nullopt);
  is_alive = true;
  EXPECT_EQ(manager.Receive(kPatience), "WATCHDOG=1");
  loop->loop().PostAndWait([&] { watchdog.reset(); });
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(LifeSignsTest, WorkShowsWhenItBeginsWhileItLastsAndWhenItEnds) {
  LifeSigns signs;
  EXPECT_EQ(signs.seen(), 0U);
  EXPECT_FALSE(signs.is_under_way());
  {
    const LifeSigns::Work work(signs);
    EXPECT_EQ(signs.seen(), 1U);
    EXPECT_TRUE(signs.is_under_way());
  }
  EXPECT_EQ(signs.seen(), 2U);
  EXPECT_FALSE(signs.is_under_way());
  signs.Note();
  EXPECT_EQ(signs.seen(), 3U);
}

}  // namespace
}  // namespace dbrepl
