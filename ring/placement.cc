#include "ring/placement.h"

#include <algorithm>
#include <cmath>

#include "ring/dispersion.h"
#include "ring/placement_plan.h"
#include "ring/placement_state.h"
#include "ring/placement_steps.h"
#include "ring/placement_tree.h"

namespace dbrepl {

namespace {

using Rows = std::vector<std::vector<DeviceId>>;

// Brings the rows to the lengths that the replicas ask for; new cells are empty.
void ResizeRows(Builder& builder) {
  const std::vector<std::uint64_t> lengths = RowLengths(builder.PartitionCount(), builder.replicas);
  builder.rows.resize(lengths.size());
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    builder.rows[row].resize(lengths[row], kNoDevice);
  }
}

// Lets the devices marked for removal go, and empties their cells.
std::size_t DropRemovedDevices(Builder& builder) {
  const std::size_t count = builder.removed.size();
  for (const DeviceId id : builder.removed) builder.devices[id].reset();
  builder.removed.clear();
  if (count == 0) return 0;
  for (auto& row : builder.rows) {
    for (DeviceId& device : row) {
      if (device != kNoDevice && !builder.devices[device]) device = kNoDevice;
    }
  }
  return count;
}

// Adds the whole hours since the last rebalance to every partition's.
void AgeMoves(Builder& builder, double now_seconds) {
  constexpr std::int64_t kSecondsPerHour = 3600;
  const auto now = static_cast<std::int64_t>(now_seconds);
  const std::int64_t hours = (now - builder.last_moves_epoch) / kSecondsPerHour;
  if (hours <= 0) return;
  for (std::uint8_t& since : builder.hours_since_move) {
    since = static_cast<std::uint8_t>(std::min<std::int64_t>(since + hours, kMaxHoursSinceMove));
  }
  builder.last_moves_epoch = now;
}

// Partitions that lose a replica with a removed device must not lose another one by balancing.
void ForbidMovesOfLosers(PlacementState& state, const Rows& before) {
  for (std::uint32_t row = 0; row < before.size(); ++row) {
    for (std::uint32_t partition = 0; partition < before[row].size(); ++partition) {
      if (row < state.RowsOf(partition) && before[row][partition] != kNoDevice &&
          state.DeviceAt({partition, row}) == kNoDevice) {
        state.ForbidMoves(partition);
      }
    }
  }
}

// Somewhere on the other side of the ring, so that rebalances that may not move everything take
// turns among the partitions.
std::uint32_t NextGatherStart(Builder& builder, Random& random) {
  const std::uint64_t partitions = builder.PartitionCount();
  builder.last_gather_start =
      (builder.last_gather_start + partitions / 4 + random.Below(partitions / 2 + 1)) % partitions;
  return static_cast<std::uint32_t>(builder.last_gather_start);
}

// Counts the cells that changed and starts the hours of their partitions again.
std::uint64_t CountReassigned(Builder& builder, const Rows& before) {
  std::uint64_t reassigned = 0;
  for (std::size_t row = 0; row < builder.rows.size(); ++row) {
    const std::size_t known = row < before.size() ? before[row].size() : 0;
    for (std::size_t partition = 0; partition < builder.rows[row].size(); ++partition) {
      if (partition < known && before[row][partition] == builder.rows[row][partition]) continue;
      builder.hours_since_move[partition] = 0;
      ++reassigned;
    }
  }
  return reassigned;
}

}  // namespace

Result<RebalanceReport> Rebalance(Builder& builder, double now_seconds, Random& random) {
  {
    // Refused before anything changes.
    const PlacementTree tree(builder.devices);
    TRY(MakeReplicaPlan(builder, tree));
  }
  RebalanceReport report;
  const Rows before = builder.rows;
  AgeMoves(builder, now_seconds);
  ResizeRows(builder);
  report.removed_devices = DropRemovedDevices(builder);

  const PlacementTree tree(builder.devices);
  TRY_ASSIGN(const ReplicaPlan plan, MakeReplicaPlan(builder, tree));
  PlacementState state(builder, tree, plan);
  ForbidMovesOfLosers(state, before);
  GatherUndispersed(state);
  FillEmptySlots(state, random);
  MoveOverweight(state, NextGatherStart(builder, random), random);
  MoveAlongChains(state);

  report.reassigned = CountReassigned(builder, before);
  builder.dispersion = MeasureDispersion(builder).percent;
  builder.devices_changed = false;
  ++builder.version;
  return report;
}

}  // namespace dbrepl
