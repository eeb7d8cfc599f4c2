// What a pass tells when it is over: Swift's log lines and recon keys (swift-reference.md sections
// 6.5 and 6.7).
#pragma once

#include "replicator/pass_options.h"
#include "replicator/pass_stats.h"

namespace dbrepl {

struct PassReport {
  PassStats stats;
  double start_seconds = 0;  // since 1970
  double elapsed_seconds = 0;
  bool was_stopped = false;  // a stop was requested: running databases were finished, no new ones
};

// Logs the four lines, and between them writes recon (not in a dry run); that failing is one more
// line.
void ReportPass(const PassReport& report, const PassOptions& options);

}  // namespace dbrepl
