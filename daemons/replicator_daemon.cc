#include "daemons/replicator_daemon.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <unistd.h>

#include "common/strings.h"
#include "daemons/life_signs.h"
#include "daemons/pass_schedule.h"
#include "daemons/replicator_engine.h"
#include "daemons/run_control.h"
#include "daemons/stop_signals.h"
#include "daemons/watchdog.h"

namespace dbrepl {
namespace {

using Steady = std::chrono::steady_clock;

// How much later than it wanted a sleeper may wake on a busy machine, before he counts as stuck.
constexpr std::chrono::minutes kOversleep{1};

Steady::time_point After(Steady::time_point start, PassPause pause) {
  return start + std::chrono::duration_cast<Steady::duration>(pause);
}

class ReplicatorDaemon {
 public:
  ReplicatorDaemon(ReplicatorSetup setup, const ReplicatorDaemonOptions& options, LoopThread loop)
      : options_(options), loop_(std::move(loop)) {
    Use(std::move(setup));
    loop_.loop().PostAndWait([this] { StartOnLoop(); });
  }
  ~ReplicatorDaemon() {
    loop_.loop().PostAndWait([this] {
      watchdog_.reset();
      signals_.reset();
    });
    engine_.reset();
  }
  ReplicatorDaemon(const ReplicatorDaemon&) = delete;
  ReplicatorDaemon& operator=(const ReplicatorDaemon&) = delete;

  void RunForever();
  void RunOnce() { engine_->RunOnePass(); }

 private:
  void Use(ReplicatorSetup setup);
  void StartOnLoop();
  // Until it is time for a pass or for the end.
  void SleepBetween(Steady::time_point last_start, PassPause pause);
  void Reload();

  // Loop thread.
  StopSignals::Options SignalOptions();
  void OnReload();
  void TellProgress();
  bool IsAlive();

  const ReplicatorDaemonOptions& options_;
  LoopThread loop_;
  RunControl control_;
  LifeSigns signs_;
  std::unique_ptr<ReplicatorEngine> engine_;  // exchanged on the loop thread, so that it may look
  std::unique_ptr<StopSignals> signals_;      // loop thread
  std::unique_ptr<Watchdog> watchdog_;        // loop thread
  std::uint64_t signs_seen_ = 0;              // loop thread
};

void ReplicatorDaemon::Use(ReplicatorSetup setup) {
  for (const std::string& warning : setup.conf.warnings) setup.logger.Warning(warning);
  auto engine =
      std::make_unique<ReplicatorEngine>(std::move(setup), loop_.loop(), control_, signs_);
  loop_.loop().PostAndWait([&] {
    engine_.swap(engine);
    if (signals_ != nullptr) signals_->Change(SignalOptions());
  });
}

void ReplicatorDaemon::StartOnLoop() {
  signals_ = std::make_unique<StopSignals>(loop_.loop(), control_, SignalOptions());
  if (const auto time = WatchdogTime())
    watchdog_ = std::make_unique<Watchdog>(loop_.loop(), *time, [this] { return IsAlive(); });
}

void ReplicatorDaemon::RunForever() {
  Random& random = *engine_->conf().pass.random;
  SleepBetween(Steady::now(), FirstPause(engine_->conf().interval_seconds, random));
  while (!control_.is_stopping()) {
    const auto start = Steady::now();
    engine_->RunOnePass();
    SleepBetween(start, NextPause(engine_->conf().interval_seconds, Steady::now() - start, random));
  }
}

void ReplicatorDaemon::SleepBetween(Steady::time_point last_start, PassPause pause) {
  auto until = After(Steady::now(), pause);
  while (!control_.is_stopping()) {
    if (control_.TakeReload()) {
      Reload();
      // A shorter interval counts from the last pass on.
      until = std::min(until, After(last_start, PassPause(engine_->conf().interval_seconds)));
    }
    if (Steady::now() >= until) return;
    control_.SleepUntil(until);
  }
}

void ReplicatorDaemon::Reload() {
  auto setup = options_.reload();
  if (!setup) {
    engine_->logger().Error("configuration not reloaded, the old one stays: ",
                            setup.error().message);
    return;
  }
  for (const char* option : {"user", "nice_priority", "ionice_class", "ionice_priority"}) {
    if (setup->conf.values.Text(option) != engine_->conf().values.Text(option))
      setup->conf.warnings.push_back(StrCat(option, ": changes with the next start only"));
  }
  Use(*std::move(setup));
  engine_->logger().Notice("configuration reloaded (", ::getpid(), ")");
}

StopSignals::Options ReplicatorDaemon::SignalOptions() {
  return {engine_->logger(), engine_->conf().pass.node_timeout, [this] { OnReload(); },
          [this] { TellProgress(); }};
}

void ReplicatorDaemon::OnReload() {
  engine_->logger().Notice("SIGHUP received (", ::getpid(), "): ",
                           options_.once ? "a single pass keeps its configuration"
                                         : "the next pass has the configuration as it is then");
  if (!options_.once) control_.RequestReload();
}

void ReplicatorDaemon::TellProgress() {
  const std::string progress = engine_->DescribeProgress();
  for (const std::string_view line : Split(progress, '\n'))
    if (!line.empty()) engine_->logger().Notice(line);
  if (const auto until = control_.SleepsUntil()) {
    const PassPause rest = *until - Steady::now();
    engine_->logger().Notice("Next pass in ", FixedDecimals(std::max(0.0, rest.count()), 0),
                             " seconds");
  }
}

bool ReplicatorDaemon::IsAlive() {
  const std::uint64_t seen = signs_.seen() + engine_->databases_attempted();
  const std::uint64_t before = std::exchange(signs_seen_, seen);
  if (const auto until = control_.SleepsUntil()) return Steady::now() < *until + kOversleep;
  return seen != before || signs_.is_under_way();
}

}  // namespace

Result<> RunReplicator(ReplicatorSetup setup, const ReplicatorDaemonOptions& options) {
  TRY_ASSIGN(LoopThread loop, LoopThread::Start());
  ReplicatorDaemon daemon(std::move(setup), options, std::move(loop));
  options.on_ready();
  if (options.once) {
    daemon.RunOnce();
  } else {
    daemon.RunForever();
  }
  return {};
}

}  // namespace dbrepl
