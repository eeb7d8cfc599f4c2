#include <algorithm>
#include <numeric>

#include "ring/placement_home.h"
#include "ring/placement_steps.h"

namespace dbrepl {

namespace {

std::vector<std::uint32_t> PartitionsWithEmptySlots(const PlacementState& state) {
  std::vector<std::uint32_t> partitions;
  for (std::uint32_t partition = 0; partition < state.partitions(); ++partition) {
    for (std::uint32_t row = 0; row < state.RowsOf(partition); ++row) {
      if (state.DeviceAt({partition, row}) != kNoDevice) continue;
      partitions.push_back(partition);
      break;
    }
  }
  return partitions;
}

// Keeps the promises to partitions that are still to be filled: what each of them needs below nodes
// that the plan gives at least one replica.
class Promises {
 public:
  Promises(const PlacementState& state, PartitionCounts& counts, HomeFinder& finder)
      : state_(&state), counts_(&counts), finder_(&finder) {
    for (TreeNodeId node = 1; node < state.tree().size(); ++node) {
      if (state.plan().min[node] > 0) nodes_.push_back(node);
    }
  }

  // For the partition whose counts are loaded: makes the promises (sign 1) or ends them (-1).
  void Count(std::int64_t sign) {
    for (const TreeNodeId node : nodes_) {
      const std::uint32_t min = state_->plan().min[node];
      const std::uint32_t have = (*counts_)[node];
      if (have < min) finder_->Promise(node, sign * std::int64_t{min - have});
    }
  }

 private:
  const PlacementState* state_;
  const PartitionCounts* counts_;
  HomeFinder* finder_;
  std::vector<TreeNodeId> nodes_;
};

void Fill(PlacementState& state, std::uint32_t partition, PartitionCounts& counts,
          const HomeFinder& finder) {
  for (std::uint32_t row = 0; row < state.RowsOf(partition); ++row) {
    if (state.DeviceAt({partition, row}) != kNoDevice) continue;
    const DeviceId home = finder.FindAny(partition);
    state.Put({partition, row}, home);
    counts.Add(home);
  }
}

}  // namespace

void FillEmptySlots(PlacementState& state, Random& random) {
  std::vector<std::uint32_t> partitions = PartitionsWithEmptySlots(state);
  for (std::size_t i = partitions.size(); i > 1; --i) {
    std::swap(partitions[i - 1], partitions[random.Below(i)]);
  }
  PartitionCounts counts(state);
  HomeFinder finder(state, counts, random());
  Promises promises(state, counts, finder);
  for (const std::uint32_t partition : partitions) {
    counts.Load(partition);
    promises.Count(1);
  }
  for (const std::uint32_t partition : partitions) {
    counts.Load(partition);
    promises.Count(-1);
    Fill(state, partition, counts, finder);
  }
}

}  // namespace dbrepl
