#include "replicator/answer/slow_phase.h"

#include "common/clock.h"
#include "common/strings.h"

namespace dbrepl {

SlowPhase::SlowPhase(const Operation& operation, std::string_view name)
    : operation_(operation), name_(name), begin_(operation.options.clock->SteadyNow()) {}

SlowPhase::~SlowPhase() {
  const std::chrono::duration<double> taken = operation_.options.clock->SteadyNow() - begin_;
  if (taken <= kThreshold) return;
  operation_.logger.Debug("replicator-rpc-sync time for ", name_, ": ",
                          FixedDecimals(taken.count(), 2), "s");
}

}  // namespace dbrepl
