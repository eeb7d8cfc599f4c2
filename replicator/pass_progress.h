// How far the running pass is, for people who ask while it runs (SIGUSR1, recon), and the place
// where the counts of its visits are added up. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "common/clock.h"
#include "common/json.h"
#include "common/mutex.h"
#include "replicator/pass_stats.h"

namespace dbrepl {

class PassProgress {
 public:
  explicit PassProgress(const Clock& clock) : clock_(clock) {}

  // A pass begins, all counts at 0; what the pass before found helps to estimate.
  void Begin();
  // Counts that belong to no visit.
  void Add(const PassStats& stats);
  // A database was visited. The fraction is how much of the walk lies behind it, 0..1.
  void OnVisited(const PassStats& stats, double walked_fraction);
  // Incomplete: it was stopped, or did not look at everything, and says nothing about the next one.
  enum class Ending { kComplete, kIncomplete };
  void End(Ending ending = Ending::kComplete);

  // All counts of the running pass, or of the last one.
  PassStats stats() const;

  // Databases done, estimated in all, rate, time left, peers' failures: one line for the log.
  // Outside a pass: what the last one was; before the first: that there was none.
  std::string Describe() const;
  // The same for recon. Numbers: done, estimated, rate (databases a second), remaining (seconds;
  // null while unknown), start and updated (seconds since 1970), success, failure; failure_nodes as
  // in PassStats; running.
  JsonValue ToJson() const;

 private:
  struct State {
    bool has_begun = false;
    bool running = false;
    double start_seconds = 0;
    std::chrono::steady_clock::time_point start{};
    std::chrono::steady_clock::time_point end{};
    double fraction = 0;
    std::int64_t done = 0;
    PassStats stats;
  };
  // What follows from a state; made outside the lock.
  struct Figures {
    double elapsed_seconds;
    double rate;
    std::int64_t estimated;
    double remaining_seconds;  // below 0: unknown
  };
  Figures Compute(const State& state, std::int64_t last_total) const;

  const Clock& clock_;
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
  std::int64_t last_total_ GUARDED_BY(mutex_) = -1;  // of the last complete pass; -1: none yet
};

}  // namespace dbrepl
