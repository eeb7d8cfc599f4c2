// A replicator at work: passes, sleep, signals, watchdog, until it is done or told to stop.
#pragma once

#include <functional>
#include <memory>

#include "common/result.h"
#include "daemons/replicator_setup.h"

namespace dbrepl {

struct ReplicatorDaemonOptions {
  bool once = false;
  // Reads everything anew; a failure leaves things as they are.
  std::function<Result<ReplicatorSetup>()> reload;
  // Called once signals are handled and nothing can fail any more.
  std::function<void()> on_ready;
};

// Runs one pass, or passes until a signal ends it: see StopSignals. Blocks. kIo: the system gives
// no event loop.
Result<> RunReplicator(ReplicatorSetup setup, const ReplicatorDaemonOptions& options);

}  // namespace dbrepl
