// One line at debug level when a part of a REPLICATE request takes longer than ten seconds, in the
// words of Swift's servers: "replicator-rpc-sync time for <phase>: <seconds>s"
// (swift-reference.md section 4.3).
#pragma once

#include <chrono>
#include <string_view>

#include "replicator/answer/operation.h"

namespace dbrepl {

// Lives as long as the phase; writes at its end, also when the phase failed. `operation` and `name`
// outlive it.
class SlowPhase {
 public:
  static constexpr std::chrono::seconds kThreshold{10};

  SlowPhase(const Operation& operation, std::string_view name);
  SlowPhase(const SlowPhase&) = delete;
  SlowPhase& operator=(const SlowPhase&) = delete;
  ~SlowPhase();

 private:
  const Operation& operation_;
  const std::string_view name_;
  const std::chrono::steady_clock::time_point begin_;
};

}  // namespace dbrepl
