#include "daemons/watchdog.h"

#include <atomic>
#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/strings.h"
#include "common/unique_fd.h"
#include "daemons/life_signs.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

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

// The service manager's end of $NOTIFY_SOCKET.
class Manager {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_.Sub("notify");
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    CHECK(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  // Waits for the next word.
  std::string Receive() const { return ReceiveWith(0); }
  std::string ReceiveNow() const { return ReceiveWith(MSG_DONTWAIT); }

 private:
  std::string ReceiveWith(int flags) const {
    char text[64];
    const ssize_t length = ::recv(socket_.get(), text, sizeof(text), flags);
    return length <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(length));
  }

  TempDir folder_;
  UniqueFd socket_;
};

TEST(WatchdogTest, TellsTheManagerAsLongAsThereIsLife) {
  const Manager manager;
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
  EXPECT_EQ(manager.Receive(), "WATCHDOG=1");
  EXPECT_EQ(manager.Receive(), "WATCHDOG=1");
  // Two jobs on the loop: an answer that was on its way is sent.
  is_alive = false;
  loop->loop().PostAndWait([] {});
  while (!manager.ReceiveNow().empty()) {
  }
  for (const int before = asked; asked < before + 3;) {
  }
  EXPECT_EQ(manager.ReceiveNow(), "");
  is_alive = true;
  EXPECT_EQ(manager.Receive(), "WATCHDOG=1");
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
