// Keeps a mistake from spreading (law 10): when an implausible share of a device's databases looks
// misplaced, corrupt or deletable in one pass (a wrong swift.conf, ring, clock or mount), nothing
// more of that kind is removed or set aside on that device until the next pass, and the log says
// so once, loudly.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/log.h"
#include "common/mutex.h"

namespace dbrepl {

enum class Suspicion {
  kWrongPartition,  // its names say another partition than its directory
  kCorrupt,         // would be quarantined
  kReclaimable,     // deleted long ago: would be removed without asking anybody
};

// Thread-safe. One for each pass.
class Brakes {
 public:
  explicit Brakes(Logger logger) : logger_(std::move(logger)) {}

  // A database of the device is being visited.
  void OnVisit(const std::string& device);
  // One of them looks so. True: go on and remove it or set it aside. False: the brake is on, leave
  // it as it is and count a failure.
  bool Allows(const std::string& device, Suspicion suspicion);

 private:
  struct Counts {
    std::int64_t visited = 0;
    std::map<Suspicion, std::int64_t> suspicious;
    std::map<Suspicion, bool> is_on;
  };
  const Logger logger_;
  Mutex mutex_;
  std::map<std::string, Counts> devices_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
