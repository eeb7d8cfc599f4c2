#include "replicator/dry_run/dry_run.h"

#include <cstdio>
#include <utility>

#include "replicator/dry_run/dry_visit.h"

namespace dbrepl {

DryRun::DryRun(DryRunTools tools) : tools_(std::move(tools)) {}

PassStats DryRun::Visit(const Ring& ring, const FoundDatabase& found) {
  const DryVisitOutcome outcome = VisitDry(tools_, ring, found);
  const MutexLock lock(mutex_);
  totals_.databases += outcome.stats.attempted;
  totals_.in_agreement += outcome.in_agreement;
  totals_.with_pending += outcome.has_pending ? 1 : 0;
  std::string text;
  if (!has_head_ && !outcome.lines.empty()) text = DryTableHead() + '\n';
  has_head_ = has_head_ || !outcome.lines.empty();
  for (const DryLine& line : outcome.lines) {
    totals_.Add(line);
    text += DryTableLine(line) + '\n';
  }
  if (!text.empty()) tools_.print(text);
  return outcome.stats;
}

void DryRun::Finish() {
  const MutexLock lock(mutex_);
  tools_.print((has_head_ ? "\n" : "") + totals_.Describe());
  tools_.options.logger.Info(totals_.Line());
}

}  // namespace dbrepl
