// Puts the progress of a running pass into recon now and then, on a thread of its own: also while
// the walk waits for a dying disk or all visits for a slow peer.
#pragma once

#include <chrono>
#include <optional>

#include "common/mutex.h"
#include "common/small_thread.h"
#include "replicator/pass_options.h"
#include "replicator/pass_progress.h"

namespace dbrepl {

// Made and destroyed by one thread; the destructor ends the writing at once.
class ProgressWriter {
 public:
  static constexpr std::chrono::seconds kInterval{15};

  // Everything outlives it. The first writing is after one interval: a short pass has none.
  // Failures are debug lines: the end of the pass will meet the same one and say it louder.
  ProgressWriter(const PassOptions& options, const PassProgress& progress,
                 std::chrono::milliseconds interval = kInterval);
  ~ProgressWriter();
  ProgressWriter(const ProgressWriter&) = delete;
  ProgressWriter& operator=(const ProgressWriter&) = delete;

 private:
  void Run();
  void Write() const;

  const PassOptions& options_;
  const PassProgress& progress_;
  const std::chrono::milliseconds interval_;
  Mutex mutex_;
  CondVar ended_;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::optional<SmallThread> thread_;
};

}  // namespace dbrepl
