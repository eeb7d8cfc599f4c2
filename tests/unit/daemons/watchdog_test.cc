#include "daemons/watchdog.h"

#include <atomic>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/strings.h"
#include "daemons/life_signs.h"
#include "tests/testlib/datagram_receiver.h"
#include "tests/testlib/environment_variable.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

constexpr int kPatience = 60'000;  // milliseconds

TEST(WatchdogTest, TimeComesFromTheEnvironment) {
  EnvironmentVariable usec("WATCHDOG_USEC");
  EnvironmentVariable pid("WATCHDOG_PID");
  usec.Unset();
  pid.Unset();
  EXPECT_FALSE(WatchdogTime());
  usec.Set("30000000");
  EXPECT_EQ(WatchdogTime(), milliseconds(30000));
  pid.Set(StrCat(::getpid()));
  EXPECT_EQ(WatchdogTime(), milliseconds(30000));
  pid.Set("1");
  EXPECT_FALSE(WatchdogTime());
  pid.Unset();
  for (const char* nonsense : {"", "x", "0", "-5"}) {
    usec.Set(nonsense);
    EXPECT_FALSE(WatchdogTime()) << nonsense;
  }
  usec.Set("1");
  EXPECT_EQ(WatchdogTime(), milliseconds(1));
}

TEST(WatchdogTest, TellsTheManagerAsLongAsThereIsLife) {
  const TempDir folder;
  auto manager = DatagramReceiver::AtPath(folder.Sub("notify"));
  EnvironmentVariable socket("NOTIFY_SOCKET");
  socket.Set(folder.Sub("notify"));
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
