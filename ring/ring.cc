#include "ring/ring.h"

#include <algorithm>
#include <utility>

#include "ring/partition_of.h"
#include "ring/ring_file.h"

namespace dbrepl {

bool NodeList::Contains(DeviceId id) const {
  return std::any_of(begin(), end(), [id](const Device* node) { return node->id == id; });
}

Ring::Ring(RingData data) : data_(std::move(data)), tiers_(data_) {}

Result<std::shared_ptr<const Ring>> Ring::Create(RingData data) {
  TRY(ValidateRingData(data));
  return std::shared_ptr<const Ring>(new Ring(std::move(data)));
}

Result<std::shared_ptr<const Ring>> Ring::Load(const std::string& path) {
  TRY_ASSIGN(RingData data, ReadRingFile(path));
  return std::shared_ptr<const Ring>(new Ring(std::move(data)));
}

PartitionId Ring::PartitionOf(const Md5Digest& hash) const {
  return PartitionOfHash(hash, data_.part_shift);
}

Result<PartitionId> Ring::PartitionOf(const HashPathConfig& cluster, std::string_view account,
                                      std::string_view container, std::string_view object) const {
  TRY_ASSIGN(const Md5Digest hash, HashPath(cluster, account, container, object));
  return PartitionOf(hash);
}

NodeList Ring::PrimaryNodes(PartitionId partition) const {
  NodeList nodes;
  for (const std::vector<DeviceId>& row : data_.rows) {
    if (partition.value() >= row.size()) continue;
    const DeviceId id = row[partition.value()];
    if (!nodes.Contains(id)) nodes.Add(*data_.devices[id]);
  }
  return nodes;
}

Handoffs Ring::HandoffsOf(PartitionId partition) const { return {data_, tiers_, partition}; }

const Device* Ring::FindDevice(DeviceId id) const {
  return id < data_.devices.size() && data_.devices[id] ? &*data_.devices[id] : nullptr;
}

}  // namespace dbrepl
