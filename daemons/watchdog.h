// Tells the service manager that the daemon is alive (systemd's WatchdogSec=): "WATCHDOG=1" several
// times within the time the manager grants, as long as there is a reason to say so. Loop thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "rpc/event_loop.h"
#include "rpc/timer.h"

namespace dbrepl {

// What $WATCHDOG_USEC grants this process; nullopt: nobody watches it.
std::optional<std::chrono::milliseconds> WatchdogTime();

class Watchdog {
 public:
  // Asks `is_alive` four times within `time`, on the loop, and tells the manager when it says yes.
  Watchdog(EventLoop& loop, std::chrono::milliseconds time, std::function<bool()> is_alive);

 private:
  void Look();

  const std::chrono::milliseconds period_;
  const std::function<bool()> is_alive_;
  Timer timer_;
};

}  // namespace dbrepl
