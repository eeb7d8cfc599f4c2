// What a ring file holds: devices, and for each replica and partition the device it lives on.
//
// Plain data, filled by the readers of ring files or by the builder, then handed to Ring (look-ups)
// or to a writer and not changed any more. swift-reference.md sections 2.3 - 2.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "ring/device.h"

namespace dbrepl {

inline constexpr int kMaxPartPower = 32;
// Rows of a ring. Bounded so that a partition's nodes fit in a value on the stack.
inline constexpr std::size_t kMaxReplicas = 32;

struct RingData {
  // devices[i] has id i; nullopt where a device was removed.
  std::vector<std::optional<Device>> devices;
  // rows[replica][partition]: every row has PartitionCount() entries, only the last of several may
  // be shorter, even empty (a fractional number of replicas). Every entry is the id of a device
  // that is there.
  std::vector<std::vector<DeviceId>> rows;
  int part_shift = kMaxPartPower;               // 32 - part_power
  std::optional<std::int64_t> version;          // the builder's, counted up with each change
  std::optional<std::int64_t> next_part_power;  // set while an increase of part_power is prepared
  int device_id_bytes = 2;                      // 2 or 4: how wide a v2 file writes ids

  int PartPower() const { return kMaxPartPower - part_shift; }
  std::uint64_t PartitionCount() const { return std::uint64_t{1} << PartPower(); }
  // Rows, the last one counted by how full it is: 3.25. No rows: 0.
  double ReplicaCount() const;

  bool operator==(const RingData&) const = default;
};

// Whether every promise above holds; readers and writers call it, so that no other code needs to
// check. The first breach: kBadInput naming device, or row and partition.
Result<> ValidateRingData(const RingData& data);

}  // namespace dbrepl
