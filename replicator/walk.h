// Finds a node's databases, one device after the other in turn, without ever holding more than the
// partition numbers of each device and the names in one partition and one suffix
// (swift-reference.md section 5.3). Nothing is open between two calls: a device can be unmounted.
//
// Directories that vanish, appear or cannot be read while the walk is under way cost a log line at
// most; they never end it. Of a device that was unmounted or replaced the rest is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
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
  using OnNoDatabase = std::function<void(const std::string& hash_directory)>;

  // Nothing is read before the first Next. Partitions are visited in random order; those the
  // filter (which may be null) refuses are not looked into. Empty partition, suffix and hash
  // directories that are met are removed, a level a pass, unless `removes_empty` is false. Hash
  // directories that hold something but no database are told to `on_no_database`.
  DatadirWalk(std::vector<WalkRoot> roots, PartitionFilter filter, Random& random,
              const Logger& logger, bool removes_empty = true,
              const OnNoDatabase& on_no_database = {});
  ~DatadirWalk();

  // The next database; nullopt: all were visited, or a stop was requested. Of a hash directory:
  // <hash>.db if there is one, else the last of its epochs' files. Links are followed, as in Swift.
  std::optional<FoundDatabase> Next(const std::stop_token& stop = {});

  // How much is behind us, for progress: partitions listed and partitions finished so far.
  std::uint64_t partitions() const { return partitions_; }
  std::uint64_t partitions_done() const { return partitions_done_; }

 private:
  class Device;
  void ListAll();

  const PartitionFilter filter_;
  Random& random_;
  bool listed_ = false;
  std::vector<std::unique_ptr<Device>> devices_;  // those with partitions left
  std::size_t turn_ = 0;
  std::uint64_t partitions_ = 0;
  std::uint64_t partitions_done_ = 0;
};

}  // namespace dbrepl
