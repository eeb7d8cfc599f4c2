#include <algorithm>

#include "ring/placement_steps.h"

namespace dbrepl {

namespace {

bool BreaksPlan(const PlacementState& state, const PartitionCounts& counts, DeviceId device) {
  for (const TreeNodeId node : state.tree().PathOf(device)) {
    if (counts[node] > state.plan().max[node]) return true;
  }
  return false;
}

}  // namespace

void GatherUndispersed(PlacementState& state) {
  PartitionCounts counts(state);
  std::vector<Slot> breaking;
  for (std::uint32_t partition = 0; partition < state.partitions(); ++partition) {
    if (!state.MayMove(partition)) continue;
    counts.Load(partition);
    breaking.clear();
    for (std::uint32_t row = 0; row < state.RowsOf(partition); ++row) {
      const DeviceId device = state.DeviceAt({partition, row});
      if (device != kNoDevice && BreaksPlan(state, counts, device)) {
        breaking.push_back({partition, row});
      }
    }
    std::stable_sort(breaking.begin(), breaking.end(), [&](Slot a, Slot b) {
      return state.Wanted(state.DeviceAt(a)) < state.Wanted(state.DeviceAt(b));
    });
    for (const Slot slot : breaking) {
      const DeviceId device = state.DeviceAt(slot);
      const bool shares_device = counts[state.tree().NodeOf(device)] > 1;
      if (!state.MayMove(partition) && !shares_device) continue;
      state.Take(slot);
      counts.Remove(device);
    }
  }
}

}  // namespace dbrepl
