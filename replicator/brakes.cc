#include "replicator/brakes.h"

#include <algorithm>
#include <string_view>

namespace dbrepl {

namespace {

// Beyond `free`, at most one in `share` of the databases visited so far on the device. The free
// ones let small clusters and ordinary accidents through; a mistake shows after a few more.
struct Limit {
  std::int64_t free;
  std::int64_t share;
  std::string_view what;
  std::string_view cause;
};

const Limit& LimitOf(Suspicion suspicion) {
  // Ordinarily none: Swift never changes a ring's part power while databases are in use.
  static constexpr Limit kWrongPartition = {
      20, 20, "lie in wrong partitions",
      "look at the ring's part power and at what is mounted there"};
  // Failing disks come one file at a time before they fail as a whole.
  static constexpr Limit kCorrupt = {20, 10, "look corrupt",
                                     "look at the disk and its file system"};
  // Many containers may have been deleted in one go, so this share is generous.
  static constexpr Limit kReclaimable = {100, 4, "look deleted long ago",
                                         "look at this node's clock and at reclaim_age"};
  switch (suspicion) {
    case Suspicion::kWrongPartition: return kWrongPartition;
    case Suspicion::kCorrupt: return kCorrupt;
    case Suspicion::kReclaimable: break;
  }
  return kReclaimable;
}

}  // namespace

void Brakes::OnVisit(const std::string& device) {
  const MutexLock held(mutex_);
  ++devices_[device].visited;
}

bool Brakes::Allows(const std::string& device, Suspicion suspicion) {
  const Limit& limit = LimitOf(suspicion);
  std::int64_t suspicious = 0;
  std::int64_t visited = 0;
  {
    const MutexLock held(mutex_);
    Counts& counts = devices_[device];
    suspicious = ++counts.suspicious[suspicion];
    visited = std::max(counts.visited, suspicious);
    if (counts.is_on[suspicion]) return false;
    if (suspicious <= std::max(limit.free, visited / limit.share)) return true;
    counts.is_on[suspicion] = true;
  }
  logger_.Critical("Brake on for ", device, ": ", suspicious, " of ", visited,
                   " databases visited in this pass ", limit.what,
                   ". They are left as they are until the next pass; ", limit.cause);
  return false;
}

}  // namespace dbrepl
