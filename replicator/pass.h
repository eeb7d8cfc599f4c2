// One pass of a replicator: find the local devices, walk them, hand each database to a pool of
// workers, add up what came of it, report (swift-reference.md section 5).
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "replicator/file_sender.h"
#include "replicator/pass_options.h"
#include "replicator/pass_progress.h"
#include "replicator/pass_report.h"
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
  // What a dry run says, a few lines at a time; null: to stdout.
  std::function<void(const std::string& text)> print = nullptr;
};

// Runs a pass, logs Swift's lines, writes recon. Blocks until the last worker is done. Whatever
// fails is in the log and in the counts; nothing ends a pass early but `stop`. When the system
// tells no address of ours, there is one log line and nothing else, as in Swift. Databases of the
// reconciler that visits have filled are replicated after the report, uncounted, as there. A dry
// run counts what a pass would count if peers did as they are asked.
PassReport RunPass(const PassTools& tools, const std::stop_token& stop);

}  // namespace dbrepl
