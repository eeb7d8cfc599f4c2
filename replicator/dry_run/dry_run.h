// --dry-run: what a pass would do, found out without doing it. Databases are opened for reading
// only, and peers are asked in words that change nothing over there.
//
// What it cannot know: rows in pending records, which a pass commits first; shard ranges that only
// a peer has; and what rows become tombstones old enough to go. A Swift peer rewrites the
// timestamps of a database that it is asked about with their own values, so the file's mtime
// changes; a peer that finds its own database damaged sets it aside, as whenever it is asked.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "common/mutex.h"
#include "replicator/brakes.h"
#include "replicator/dry_run/dry_run_report.h"
#include "replicator/found_database.h"
#include "replicator/pass_options.h"
#include "replicator/pass_stats.h"
#include "replicator/peer_replica.h"
#include "ring/ring.h"

namespace dbrepl {

// What all visits of a dry run share. Everything outlives it.
struct DryRunTools {
  const PassOptions& options;
  AskPeer ask;
  Brakes& brakes;
  std::stop_token stop;
  std::function<void(const std::string& text)> print;  // one call at a time; text ends in \n
};

// In place of ReplicateDatabase. Thread-safe.
class DryRun {
 public:
  explicit DryRun(DryRunTools tools);

  // Prints what a visit would do; returns what it would count if peers did as they are asked.
  PassStats Visit(const Ring& ring, const FoundDatabase& found);
  // Prints the sums, and logs them.
  void Finish();

 private:
  const DryRunTools tools_;
  Mutex mutex_;
  bool has_head_ GUARDED_BY(mutex_) = false;
  DryTotals totals_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
