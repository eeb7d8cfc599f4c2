// Finds a node's databases, one device after the other in turn, without ever holding more than a
// directory listing per device (swift-reference.md section 5.3).
//
// Directories that vanish, appear or cannot be read while the walk is under way cost a log line at
// most; they never end it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log.h"
#include "common/random.h"
#include "replicator/found_database.h"

namespace dbrepl {

// A device to walk: its datadir ("<devices>/<device>/containers") and its id.
struct WalkRoot {
  std::string datadir;
  DeviceId device_id = 0;
};

// Used by one thread.
class DatadirWalk {
 public:
  using PartitionFilter = std::function<bool(DeviceId device, PartitionId partition)>;

  // Partitions are visited in random order; those the filter refuses are not looked into. Empty
  // partition, suffix and hash directories that are met are removed, a level a pass, unless
  // `removes_empty` is false.
  DatadirWalk(std::vector<WalkRoot> roots, PartitionFilter filter, Random& random, Logger logger,
              bool removes_empty = true);
  ~DatadirWalk();

  // The next database; nullopt: all were visited.
  std::optional<FoundDatabase> Next();

  // How much is behind us, for progress: partitions listed and partitions finished so far.
  std::uint64_t partitions() const;
  std::uint64_t partitions_done() const;

 private:
  struct Device;
  std::vector<std::unique_ptr<Device>> devices_;
  std::size_t turn_ = 0;
};

}  // namespace dbrepl
