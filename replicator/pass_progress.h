// How far the running pass is, for people who ask while it runs (SIGUSR1, recon). Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/json.h"
#include "common/mutex.h"
#include "replicator/pass_stats.h"

namespace dbrepl {

class PassProgress {
 public:
  explicit PassProgress(const Clock& clock) : clock_(clock) {}

  // A pass begins; what is known of the pass before helps to estimate.
  void Begin();
  // A database was visited. The fraction is how much of the walk lies behind it, 0..1.
  void OnVisited(const PassStats& stats, double walked_fraction);
  void End();

  // Done, estimated total, rate, time left, failures per peer: lines for the log, and an object for
  // recon. Outside a pass: what the last one was.
  std::string Describe() const;
  JsonValue ToJson() const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  bool running_ GUARDED_BY(mutex_) = false;
  double start_seconds_ GUARDED_BY(mutex_) = 0;
  double fraction_ GUARDED_BY(mutex_) = 0;
  std::int64_t done_ GUARDED_BY(mutex_) = 0;
  std::int64_t last_total_ GUARDED_BY(mutex_) = 0;
  PassStats stats_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
