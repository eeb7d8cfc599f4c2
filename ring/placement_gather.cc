#include <algorithm>

#include "ring/placement_steps.h"

namespace dbrepl {

namespace {

// A slot whose device, or a node above it, holds more replicas of the partition than the plan
// allows.
struct Breach {
  Slot slot;
  std::size_t nodes = 0;  // that hold too many
};

std::size_t NodesAbovePlan(const PlacementState& state, const PartitionCounts& counts,
                           DeviceId device) {
  std::size_t nodes = 0;
  for (const TreeNodeId node : state.tree().PathOf(device)) {
    if (counts[node] > state.plan().max[node]) ++nodes;
  }
  return nodes;
}

// The slots worth moving: those that ease most nodes first, then those on the fullest devices.
void FindBreaches(const PlacementState& state, const PartitionCounts& counts,
                  std::uint32_t partition, std::vector<Breach>& breaches) {
  breaches.clear();
  for (std::uint32_t row = 0; row < state.RowsOf(partition); ++row) {
    const DeviceId device = state.DeviceAt({partition, row});
    if (device == kNoDevice) continue;
    const std::size_t nodes = NodesAbovePlan(state, counts, device);
    if (nodes > 0) breaches.push_back({{partition, row}, nodes});
  }
  std::stable_sort(breaches.begin(), breaches.end(), [&](const Breach& a, const Breach& b) {
    if (a.nodes != b.nodes) return a.nodes > b.nodes;
    return state.Wanted(state.DeviceAt(a.slot)) < state.Wanted(state.DeviceAt(b.slot));
  });
}

}  // namespace

void GatherUndispersed(PlacementState& state) {
  PartitionCounts counts(state);
  std::vector<Breach> breaches;
  for (std::uint32_t partition = 0; partition < state.partitions(); ++partition) {
    if (!state.MayMove(partition)) continue;
    counts.Load(partition);
    FindBreaches(state, counts, partition, breaches);
    for (const auto& [slot, nodes] : breaches) {
      const DeviceId device = state.DeviceAt(slot);
      const bool shares_device = counts[state.tree().NodeOf(device)] > 1;
      if (!state.MayMove(partition) && !shares_device) continue;
      state.Take(slot);
      counts.Remove(device);
    }
  }
}

}  // namespace dbrepl
