// Finds the device that a partition's replica should live on. swift-reference.md section 2.11,
// step 7: down the tree, always into the node that wants most among those the plan still allows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ring/placement_state.h"

namespace dbrepl {

// Used by one thread; refers to a state and counts that must outlive it.
class HomeFinder {
 public:
  // `salt` decides between nodes that are equally good.
  HomeFinder(const PlacementState& state, const PartitionCounts& counts, std::uint64_t salt)
      : state_(&state), counts_(&counts), salt_(salt), promised_(state.tree().size(), 0) {}

  // A device below `top` that wants a slot and may take the partition whose counts are loaded
  // without any node getting more replicas than the plan's maximum. Nodes below the plan's minimum
  // come first. nullopt when there is none.
  std::optional<DeviceId> FindWanting(std::uint32_t partition, TreeNodeId top) const;

  // As FindWanting from the root, but always an answer: when nobody wants the slot, the best device
  // that may take it; when the plan forbids all, one that breaks the plan least.
  DeviceId FindAny(std::uint32_t partition) const;

  // Sets slots aside that other partitions still need below a node to reach the plan's minimum:
  // they do not count as wanted when there is a choice.
  void Promise(TreeNodeId node, std::int64_t slots) { promised_[node] += slots; }

 private:
  enum class Demand { kWanted, kAny };

  // How good a child is; greater is better. No two children compare equal.
  struct Score {
    bool below_min = false;
    std::int64_t wanted = 0;
    std::uint64_t lot = 0;
    auto operator<=>(const Score&) const = default;
  };

  Score ScoreOf(std::uint32_t partition, TreeNodeId node) const;
  bool Allows(TreeNodeId node) const;
  std::optional<DeviceId> Descend(std::uint32_t partition, TreeNodeId node, Demand demand) const;
  DeviceId LeastBad(std::uint32_t partition) const;

  const PlacementState* state_;
  const PartitionCounts* counts_;
  std::uint64_t salt_;
  std::vector<std::int64_t> promised_;  // by tree node
};

}  // namespace dbrepl
