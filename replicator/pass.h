// One pass of a replicator: find the local devices, walk them, hand each database to a pool of
// workers, add up what came of it, report (swift-reference.md section 5).
#pragma once

#include <memory>
#include <stop_token>

#include "common/result.h"
#include "replicator/file_sender.h"
#include "replicator/pass_options.h"
#include "replicator/pass_progress.h"
#include "replicator/pass_stats.h"
#include "replicator/peer_replica.h"
#include "ring/ring_watcher.h"

namespace dbrepl {

// What a pass works with; all of it outlives the pass.
struct PassTools {
  const PassOptions& options;
  RingWatcher& ring;  // looked at before each database
  AskPeer ask;
  FileSender& files;
  PassProgress& progress;  // kept up to date, for SIGUSR1 and recon
};

struct PassReport {
  PassStats stats;
  double start_seconds = 0;  // since 1970
  double elapsed_seconds = 0;
  bool was_stopped = false;  // a stop was requested: running databases were finished, no new ones
};

// Runs a pass, logs Swift's lines, writes recon. Blocks until the last worker is done. Whatever
// fails is in the log and in the counts; nothing ends a pass early but `stop`.
PassReport RunPass(const PassTools& tools, std::stop_token stop);

}  // namespace dbrepl
