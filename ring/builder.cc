#include "ring/builder.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

Result<> CheckReplicas(double replicas) {
  if (!(replicas >= 1) || replicas > static_cast<double>(kMaxReplicas)) {
    return Fail(Errc::kBadInput, StrCat("replicas must be from 1 to ", kMaxReplicas));
  }
  return {};
}

Result<> CheckMinPartHours(int hours) {
  if (hours < 0) return Fail(Errc::kBadInput, "min_part_hours must be 0 or more");
  return {};
}

// The device, when it may be changed.
Result<Device*> Changeable(Builder& builder, DeviceId id) {
  CHECK(id < builder.devices.size() && builder.devices[id].has_value());
  if (builder.IsMarkedForRemoval(id)) {
    return Fail(Errc::kBadInput, StrCat("device ", id, " is marked for removal"),
                "rebalance to let it go, then add it again");
  }
  return &*builder.devices[id];
}

void CountChange(Builder& builder) {
  builder.devices_changed = true;
  ++builder.version;
}

Result<> CheckUnused(const Builder& builder, const Device& wanted) {
  for (const auto& device : builder.devices) {
    if (!device || device->id == wanted.id) continue;
    if (device->ip == wanted.ip && device->port == wanted.port && device->device == wanted.device) {
      return Fail(Errc::kExists, StrCat("device ", device->id, " already uses ", wanted.ip, ":",
                                        wanted.port, "/", Printable(wanted.device)));
    }
  }
  return {};
}

}  // namespace

std::uint64_t Builder::Slots() const {
  return static_cast<std::uint64_t>(static_cast<double>(PartitionCount()) * replicas);
}

bool Builder::IsMarkedForRemoval(DeviceId device) const {
  return std::find(removed.begin(), removed.end(), device) != removed.end();
}

Result<Builder> CreateBuilder(int part_power, double replicas, int min_part_hours) {
  if (part_power < 0 || part_power > kMaxBuilderPartPower) {
    return Fail(Errc::kBadInput, StrCat("part_power must be from 0 to ", kMaxBuilderPartPower));
  }
  TRY(CheckReplicas(replicas));
  TRY(CheckMinPartHours(min_part_hours));
  Builder builder;
  builder.part_power = part_power;
  builder.replicas = replicas;
  builder.min_part_hours = min_part_hours;
  builder.dispersion = 0.0;
  builder.hours_since_move.assign(builder.PartitionCount(), 0);
  return builder;
}

std::vector<std::uint64_t> RowLengths(std::uint64_t partitions, double replicas) {
  const double whole = std::floor(replicas);
  std::vector<std::uint64_t> lengths(static_cast<std::size_t>(whole), partitions);
  const double fraction = replicas - whole;
  if (fraction > 0) {
    lengths.push_back(static_cast<std::uint64_t>(static_cast<double>(partitions) * fraction));
  }
  return lengths;
}

RingData RingDataOf(const Builder& builder) {
  RingData data;
  data.devices = builder.devices;
  data.rows = builder.rows;
  data.part_shift = kMaxPartPower - builder.part_power;
  data.version = builder.version;
  if (builder.next_part_power) data.next_part_power = *builder.next_part_power;
  constexpr std::size_t kIdsOfTwoBytes = 65535;
  data.device_id_bytes = builder.devices.size() <= kIdsOfTwoBytes ? 2 : 4;
  return data;
}

Result<DeviceId> AddDevice(Builder& builder, Device device) {
  const auto hole = std::find(builder.devices.begin(), builder.devices.end(), std::nullopt);
  device.id = static_cast<DeviceId>(hole - builder.devices.begin());
  TRY(CheckUnused(builder, device));
  const DeviceId id = device.id;
  if (hole == builder.devices.end()) {
    builder.devices.emplace_back(std::move(device));
  } else {
    *hole = std::move(device);
  }
  CountChange(builder);
  return id;
}

Result<> SetWeight(Builder& builder, DeviceId id, double weight) {
  if (!(weight >= 0) || std::isinf(weight)) {
    return Fail(Errc::kBadInput, "a weight must be 0 or more");
  }
  TRY_ASSIGN(Device * device, Changeable(builder, id));
  device->weight = weight;
  CountChange(builder);
  return {};
}

Result<> SetRegion(Builder& builder, DeviceId id, std::int64_t region) {
  if (region < 0) return Fail(Errc::kBadInput, "a region must be 0 or more");
  TRY_ASSIGN(Device * device, Changeable(builder, id));
  device->region = region;
  CountChange(builder);
  return {};
}

Result<> SetZone(Builder& builder, DeviceId id, std::int64_t zone) {
  if (zone < 0) return Fail(Errc::kBadInput, "a zone must be 0 or more");
  TRY_ASSIGN(Device * device, Changeable(builder, id));
  device->zone = zone;
  CountChange(builder);
  return {};
}

Result<> RemoveDevice(Builder& builder, DeviceId id) {
  TRY_ASSIGN(Device * device, Changeable(builder, id));
  device->weight = 0;
  builder.removed.push_back(id);
  CountChange(builder);
  return {};
}

Result<> SetInfo(Builder& builder, const Device& changed) {
  TRY_ASSIGN(Device * device, Changeable(builder, changed.id));
  TRY(CheckUnused(builder, changed));
  *device = changed;
  return {};
}

Result<> SetReplicas(Builder& builder, double replicas) {
  TRY(CheckReplicas(replicas));
  const std::uint64_t slots_before = builder.Slots();
  builder.replicas = replicas;
  if (builder.Slots() != slots_before) builder.devices_changed = true;
  return {};
}

Result<> SetOverload(Builder& builder, double overload) {
  if (!(overload >= 0) || std::isinf(overload)) {
    return Fail(Errc::kBadInput, "the overload must be 0 or more");
  }
  builder.overload = overload;
  return {};
}

Result<> SetMinPartHours(Builder& builder, int hours) {
  TRY(CheckMinPartHours(hours));
  builder.min_part_hours = hours;
  return {};
}

void PretendMinPartHoursPassed(Builder& builder) {
  builder.last_moves_epoch = 0;
  std::fill(builder.hours_since_move.begin(), builder.hours_since_move.end(), kMaxHoursSinceMove);
}

std::int64_t MinPartSecondsLeft(const Builder& builder, double now_seconds) {
  constexpr std::int64_t kSecondsPerHour = 3600;
  const auto elapsed =
      static_cast<std::int64_t>(now_seconds - static_cast<double>(builder.last_moves_epoch));
  return std::max<std::int64_t>(builder.min_part_hours * kSecondsPerHour - elapsed, 0);
}

}  // namespace dbrepl
