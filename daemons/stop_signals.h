// The signals of a daemon that runs passes, and the limits of their patience (swift-drop-in.md
// section 1.2 says what Swift's does). Loop thread.
//
// TERM and INT: a stop is requested; what waits for a peer or a child is given up after most of the
// patience; whoever is not done when all of it is over is left as he is, and the process exits: his
// database is SQLite's to roll back, as after any crash. A second TERM or INT: at once. HUP: a
// reload is requested. USR1: progress is told.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/log.h"
#include "daemons/run_control.h"
#include "rpc/event_loop.h"
#include "rpc/timer.h"

namespace dbrepl {

class StopSignals {
 public:
  struct Options {
    Logger logger;
    std::chrono::milliseconds patience{};  // node_timeout
    std::function<void()> on_reload;
    std::function<void()> on_progress;
  };

  // `control` outlives it.
  StopSignals(EventLoop& loop, RunControl& control, Options options);

  // The options of a configuration that was read anew.
  void Change(Options options) { options_ = std::move(options); }

 private:
  void OnStop(int number);
  [[noreturn]] void ExitNow(std::string_view reason);

  RunControl& control_;
  Options options_;
  Timer abandon_;
  Timer exit_;
  std::vector<std::unique_ptr<SignalWatcher>> watchers_;
};

}  // namespace dbrepl
