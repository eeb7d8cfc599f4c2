// Look-ups in one ring: which partition a name belongs to, which devices hold it, who stands in.
//
// Immutable: built once from a ring file's data and shared as shared_ptr<const Ring> by any number
// of threads. Every answer equals that of Swift's Ring for the same file (swift-reference.md
// section 2.6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/digest.h"
#include "common/hash_path.h"
#include "common/ids.h"
#include "common/result.h"
#include "ring/handoffs.h"
#include "ring/ring_data.h"
#include "ring/tiers.h"

namespace dbrepl {

// A few devices, held inline; they live as long as the ring that gave them. A node's position is
// what Swift calls its `index`.
class NodeList {
 public:
  using Iterator = const Device* const*;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Device& operator[](std::size_t index) const { return *nodes_[index]; }
  Iterator begin() const { return nodes_.data(); }
  Iterator end() const { return nodes_.data() + size_; }
  bool Contains(DeviceId id) const;

  // For Ring: at most kMaxReplicas times.
  void Add(const Device& device) { nodes_[size_++] = &device; }

 private:
  std::size_t size_ = 0;
  std::array<const Device*, kMaxReplicas> nodes_{};  // the first size_ are set
};

class Ring {
 public:
  // Data that ValidateRingData refuses: kBadInput.
  static Result<std::shared_ptr<const Ring>> Create(RingData data);
  // ReadRingFile's errors.
  static Result<std::shared_ptr<const Ring>> Load(const std::string& path);

  // Where a name's hash places it.
  PartitionId PartitionOf(const Md5Digest& hash) const;
  // The same from the names; HashPath's errors.
  Result<PartitionId> PartitionOf(const HashPathConfig& cluster, std::string_view account,
                                  std::string_view container = {},
                                  std::string_view object = {}) const;

  // The devices that should hold the partition, each once, in the order of the rows. A partition
  // beyond the ring has none. Allocates nothing.
  NodeList PrimaryNodes(PartitionId partition) const;

  // The other devices in the order in which they stand in for the primaries, found as they are
  // asked for. The ring must outlive the answer.
  Handoffs HandoffsOf(PartitionId partition) const;

  std::uint64_t partition_count() const { return data_.PartitionCount(); }
  double replica_count() const { return data_.ReplicaCount(); }
  const RingData& data() const { return data_; }
  const Tiers& tiers() const { return tiers_; }
  // nullptr for a hole or an id beyond the list.
  const Device* FindDevice(DeviceId id) const;

 private:
  explicit Ring(RingData data);

  RingData data_;
  Tiers tiers_;
};

}  // namespace dbrepl
