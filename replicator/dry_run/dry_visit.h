// One database of a dry run: the decisions of a visit (decide.h) on what can be read.
#pragma once

#include <cstdint>
#include <vector>

#include "replicator/dry_run/dry_run.h"

namespace dbrepl {

struct DryVisitOutcome {
  std::vector<DryLine> lines;
  PassStats stats;
  std::int64_t in_agreement = 0;  // replicas
  bool has_pending = false;
};

// Never fails: what cannot be read or asked is a line. Thread-safe for different databases.
DryVisitOutcome VisitDry(const DryRunTools& tools, const Ring& ring, const FoundDatabase& found);

}  // namespace dbrepl
