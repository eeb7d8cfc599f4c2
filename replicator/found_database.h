// What the walk finds and a visit takes up. Plain data.
#pragma once

#include <string>

#include "common/ids.h"
#include "ring/device.h"

namespace dbrepl {

// <devices>/<device>/<kind>s/<partition>/<suffix>/<hash>/<file>.db.
struct FoundDatabase {
  PartitionId partition;  // that of its directory
  std::string path;
  DeviceId device_id = 0;
};

}  // namespace dbrepl
