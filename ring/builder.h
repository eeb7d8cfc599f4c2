// What a ring builder knows, and the changes an operator makes to it between rebalances.
//
// Plain data with free functions; used by one thread at a time. The names are Swift's
// (swift-reference.md section 2.9), so that a builder file and the code explain each other.
// Moving partitions is placement.h's, files are builder_file.h's and swift_builder_file.h's.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "ring/device.h"
#include "ring/ring_data.h"

namespace dbrepl {

// Builders keep one row of 2^part_power ids for each replica; more than this is a typing mistake.
inline constexpr int kMaxBuilderPartPower = 24;
inline constexpr DeviceId kNoDevice = std::numeric_limits<DeviceId>::max();
// Every partition as if it had moved this many hours ago: the longest a builder remembers.
inline constexpr std::uint8_t kMaxHoursSinceMove = 255;

struct Builder {
  std::string id;  // 32 hex digits, given at the first save; empty before
  int part_power = 0;
  std::optional<int> next_part_power;  // set while Swift increases part_power; we only keep it
  double replicas = 1;
  int min_part_hours = 0;
  double overload = 0;
  std::int64_t version = 0;  // counted up with each change
  bool devices_changed = false;
  std::optional<double> dispersion;  // in percent, of the last rebalance

  std::vector<std::optional<Device>> devices;  // by id; nullopt where a device was removed
  std::vector<DeviceId> removed;               // leave at the next rebalance, in order of command

  // rows[replica][partition]; no rows before the first rebalance.
  std::vector<std::vector<DeviceId>> rows;
  std::vector<std::uint8_t> hours_since_move;  // by partition, at last_moves_epoch; stops at 255
  std::int64_t last_moves_epoch = 0;           // seconds since 1970
  std::uint64_t last_gather_start = 0;         // where the last rebalance began to look

  std::uint64_t PartitionCount() const { return std::uint64_t{1} << part_power; }
  bool EverRebalanced() const { return !rows.empty(); }
  // Partition replicas that a ring of this size has in all.
  std::uint64_t Slots() const;
  bool IsMarkedForRemoval(DeviceId device) const;

  bool operator==(const Builder&) const = default;
};

// A builder without devices. part_power outside 0..24, replicas outside 1..32, negative hours:
// kBadInput.
Result<Builder> CreateBuilder(int part_power, double replicas, int min_part_hours);

// The lengths that the rows of a ring of these replicas have: 2.25 replicas of 4 partitions are
// {4, 4, 1}.
std::vector<std::uint64_t> RowLengths(std::uint64_t partitions, double replicas);

// The builder's rows and devices as a ring file holds them.
RingData RingDataOf(const Builder& builder);

// Adds a device under the first free id, which it returns. The address, port and mount name of
// another device: kExists.
Result<DeviceId> AddDevice(Builder& builder, Device device);

// The changes below need the id of a device that is there (CHECKed) and say kBadInput for one that
// is marked for removal. Weights must not be negative, numbers of regions and zones neither.
Result<> SetWeight(Builder& builder, DeviceId id, double weight);
Result<> SetRegion(Builder& builder, DeviceId id, std::int64_t region);
Result<> SetZone(Builder& builder, DeviceId id, std::int64_t zone);
// Marks a device for removal and sets its weight to 0.
Result<> RemoveDevice(Builder& builder, DeviceId id);

// Replaces everything but id, region, zone and weight. Not counted as a change that needs a
// rebalance. The address, port and mount name of another device: kExists.
Result<> SetInfo(Builder& builder, const Device& changed);

// replicas outside 1..32: kBadInput.
Result<> SetReplicas(Builder& builder, double replicas);
Result<> SetOverload(Builder& builder, double overload);
Result<> SetMinPartHours(Builder& builder, int hours);

// As if no partition had moved for 255 hours.
void PretendMinPartHoursPassed(Builder& builder);

// How long until min_part_hours after the last rebalance have passed; 0 when they have.
std::int64_t MinPartSecondsLeft(const Builder& builder, double now_seconds);

}  // namespace dbrepl
