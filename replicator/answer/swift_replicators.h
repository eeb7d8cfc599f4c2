// Whether replicators of Swift ask this server, too. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "common/clock.h"

namespace dbrepl {

class SwiftReplicators {
 public:
  // A Swift replicator asks about some database of every peer in each pass, and passes take hours
  // at most.
  static constexpr std::chrono::hours kRemembered{24};

  // The clock outlives it.
  explicit SwiftReplicators(const Clock& clock) : clock_(clock) {}

  // A request without our header has come.
  void HaveAsked();
  // One has asked within the last 24 hours; false when none has since this process began.
  bool AreAround() const;

 private:
  const Clock& clock_;
  std::atomic<std::chrono::steady_clock::time_point> around_until_{
      std::chrono::steady_clock::time_point::min()};
};

}  // namespace dbrepl
