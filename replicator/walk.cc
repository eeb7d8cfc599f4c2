#include "replicator/walk.h"

#include <utility>

#include "replicator/walk_device.h"

namespace dbrepl {

DatadirWalk::DatadirWalk(std::vector<WalkRoot> roots, PartitionFilter filter, Random& random,
                         const Logger& logger, bool removes_empty,
                         const OnNoDatabase& on_no_database)
    : filter_(std::move(filter)), random_(random) {
  for (WalkRoot& root : roots)
    devices_.push_back(
        std::make_unique<Device>(std::move(root), logger, removes_empty, on_no_database));
}

DatadirWalk::~DatadirWalk() = default;

void DatadirWalk::ListAll() {
  for (const auto& device : devices_) {
    device->List(filter_, random_);
    partitions_ += device->partitions();
  }
  listed_ = true;
}

std::optional<FoundDatabase> DatadirWalk::Next(const std::stop_token& stop) {
  if (!listed_) ListAll();
  while (!devices_.empty() && !stop.stop_requested()) {
    if (turn_ >= devices_.size()) turn_ = 0;
    Device& device = *devices_[turn_];
    const std::size_t done_before = device.partitions_done();
    auto found = device.Next(stop);
    partitions_done_ += device.partitions_done() - done_before;
    if (found) {
      ++turn_;
      return found;
    }
    if (!stop.stop_requested())
      devices_.erase(devices_.begin() + static_cast<std::ptrdiff_t>(turn_));
  }
  return std::nullopt;
}

}  // namespace dbrepl
