#include "daemons/watchdog.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "common/strings.h"
#include "daemons/daemon_process.h"

namespace dbrepl {

std::optional<std::chrono::milliseconds> WatchdogTime() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody changes the environment once there are threads
  const char* time = ::getenv("WATCHDOG_USEC");
  const char* process = ::getenv("WATCHDOG_PID");
  // NOLINTEND(concurrency-mt-unsafe)
  const auto microseconds = time == nullptr ? std::nullopt : ParseInt<std::int64_t>(time);
  if (!microseconds || *microseconds <= 0) return std::nullopt;
  if (process != nullptr && ParseInt<pid_t>(process) != ::getpid()) return std::nullopt;
  return std::max(std::chrono::milliseconds(1),
                  std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::microseconds(*microseconds)));
}

Watchdog::Watchdog(EventLoop& loop, std::chrono::milliseconds time, std::function<bool()> is_alive)
    : period_(std::max(std::chrono::milliseconds(1), time / 4)),
      is_alive_(std::move(is_alive)),
      timer_(loop, [this] { Look(); }) {
  timer_.Start(period_);
}

void Watchdog::Look() {
  if (is_alive_()) NotifyServiceManager("WATCHDOG=1");
  timer_.Start(period_);
}

}  // namespace dbrepl
