// Which devices of the ring are this node's, and which of them a pass can walk (swift-reference.md
// section 5.2).
#pragma once

#include <string>
#include <vector>

#include "replicator/pass_options.h"
#include "replicator/pass_stats.h"
#include "ring/ring.h"

namespace dbrepl {

// A device that a pass visits.
struct LocalDevice {
  DeviceId id = 0;
  std::string path;     // <devices>/<device>
  std::string datadir;  // <path>/containers; empty: it has none yet, there is nothing to walk
};

struct LocalDevices {
  std::vector<LocalDevice> devices;
  // False: the system told no address of ours, and no device can be known. Already logged.
  bool has_addresses = true;
  // What devices that cannot be used count as: one failure of every device of the ring for each,
  // as Swift has it.
  PassStats failures;
};

// Says in the log what it skips, in Swift's words. May block on the resolver for rings with host
// names. Thread-safe.
LocalDevices FindLocalDevices(const PassOptions& options, const Ring& ring);

}  // namespace dbrepl
