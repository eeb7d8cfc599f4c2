#include "daemons/stop_signals.h"

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "daemons/daemon_process.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

// swift-init waits 15 s for the end of a daemon.
constexpr milliseconds kMostPatience{10'000};
constexpr milliseconds kLeastPatience{2'000};
// For children to end, workers to unwind and recon to be written.
constexpr milliseconds kUnwindTime{1'500};

}  // namespace

StopSignals::StopSignals(EventLoop& loop, RunControl& control, Options options)
    : control_(control),
      options_(std::move(options)),
      abandon_(loop, [this] { control_.Abandon(); }),
      exit_(loop, [this] { ExitNow("databases unfinished"); }) {
  const auto watch = [&](int number, std::function<void()> action) {
    watchers_.push_back(std::make_unique<SignalWatcher>(loop, number, std::move(action)));
  };
  watch(SIGTERM, [this] { OnStop(SIGTERM); });
  watch(SIGINT, [this] { OnStop(SIGINT); });
  watch(SIGHUP, [this] { options_.on_reload(); });
  watch(SIGUSR1, [this] { options_.on_progress(); });
}

void StopSignals::OnStop(int number) {
  if (control_.is_stopping()) ExitNow("a second signal");
  NotifyServiceManager("STOPPING=1");
  if (number == SIGINT) {
    options_.logger.Notice("User quit");
  } else {
    options_.logger.Notice("SIGTERM received (", ::getpid(), ")");
  }
  const milliseconds patience = std::clamp(options_.patience, kLeastPatience, kMostPatience);
  abandon_.Start(patience - kUnwindTime);
  exit_.Start(patience);
  control_.RequestStop();
}

void StopSignals::ExitNow(std::string_view reason) {
  options_.logger.Notice("Exited ", ::getpid(), " at once: ", reason);
  // Children are of this group.
  ::signal(SIGTERM, SIG_IGN);
  ::killpg(0, SIGTERM);
  ::_exit(0);
}

}  // namespace dbrepl
