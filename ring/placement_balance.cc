#include <algorithm>
#include <array>
#include <optional>

#include "ring/placement_home.h"
#include "ring/placement_steps.h"

namespace dbrepl {

namespace {

// The narrowest node that a replica which has just left the device must stay below, because the
// node would fall short of the plan's minimum without it; the root when there is none.
TreeNodeId MustStayBelow(const PlacementState& state, const PartitionCounts& counts,
                         DeviceId device) {
  const PlacementTree::Path& path = state.tree().PathOf(device);
  for (std::size_t i = path.size(); i > 0; --i) {
    if (counts[path[i - 1]] < state.plan().min[path[i - 1]]) return path[i - 1];
  }
  return PlacementTree::kRoot;
}

bool FillsGap(const PlacementState& state, const PartitionCounts& counts, DeviceId home) {
  const PlacementTree::Path& path = state.tree().PathOf(home);
  return std::any_of(path.begin(), path.end(),
                     [&](TreeNodeId node) { return counts[node] < state.plan().min[node]; });
}

enum class Moves { kThatFillGaps, kAll };

class Mover {
 public:
  Mover(PlacementState& state, std::uint64_t salt)
      : state_(state), counts_(state), finder_(state, counts_, salt) {}

  // Moves one replica of the partition, if there is one to move.
  void Move(std::uint32_t partition, Moves which) {
    if (!FindOverweight(partition)) return;
    counts_.Load(partition);
    for (std::size_t i = 0; i < overweight_count_; ++i) {
      const Slot slot = overweight_[i];
      const DeviceId source = state_.DeviceAt(slot);
      counts_.Remove(source);
      const TreeNodeId top = MustStayBelow(state_, counts_, source);
      const std::optional<DeviceId> home = state_.tree()[top].level == kTreeLevels
                                               ? std::nullopt
                                               : finder_.FindWanting(partition, top);
      // A minimum that the move leaves short at its source is no gap that it fills.
      const bool wanted_move = home && (which == Moves::kAll || (top == PlacementTree::kRoot &&
                                                                 FillsGap(state_, counts_, *home)));
      if (wanted_move) {
        state_.Take(slot);
        state_.Put(slot, *home);
        return;
      }
      counts_.Add(source);
    }
  }

 private:
  // Fills overweight_ with the partition's slots on devices that hold too many, the worst first.
  bool FindOverweight(std::uint32_t partition) {
    overweight_count_ = 0;
    for (std::uint32_t row = 0; row < state_.RowsOf(partition); ++row) {
      const DeviceId device = state_.DeviceAt({partition, row});
      if (state_.Wanted(device) < 0) overweight_[overweight_count_++] = {partition, row};
    }
    std::stable_sort(overweight_.begin(),
                     overweight_.begin() + static_cast<std::ptrdiff_t>(overweight_count_),
                     [&](Slot a, Slot b) {
                       return state_.Wanted(state_.DeviceAt(a)) < state_.Wanted(state_.DeviceAt(b));
                     });
    return overweight_count_ > 0;
  }

  PlacementState& state_;
  PartitionCounts counts_;
  HomeFinder finder_;
  std::array<Slot, kMaxReplicas> overweight_{};
  std::size_t overweight_count_ = 0;
};

}  // namespace

void MoveOverweight(PlacementState& state, std::uint32_t start, Random& random) {
  Mover mover(state, random());
  for (const Moves which : {Moves::kThatFillGaps, Moves::kAll}) {
    for (std::uint32_t offset = 0; offset < state.partitions(); ++offset) {
      if (state.Available(PlacementTree::kRoot) == 0) return;
      const std::uint32_t partition = (start + offset) % state.partitions();
      if (state.MayMove(partition)) mover.Move(partition, which);
    }
  }
}

}  // namespace dbrepl
