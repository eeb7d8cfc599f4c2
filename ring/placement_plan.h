// How many replicas of a partition each failure domain should hold: as far apart as possible,
// bent by weights as far as the overload allows. Pure functions, thread-safe.
//
// swift-reference.md section 2.11, steps 1-5. "Replicanths" are the average number of replicas that
// a node holds of each partition.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.h"
#include "ring/builder.h"
#include "ring/placement_tree.h"

namespace dbrepl {

// One number a tree node.
using Replicanths = std::vector<double>;

// By weight alone; no device gets more than 1. CHECKs that at least `replicas` devices are usable.
Replicanths WeightedReplicanths(const PlacementTree& tree,
                                const std::vector<std::optional<Device>>& devices, double replicas);

// As far apart as the tree allows, weights deciding only where distance does not. `weighted` comes
// from WeightedReplicanths.
Replicanths DispersedReplicanths(const PlacementTree& tree, double replicas,
                                 const Replicanths& weighted);

// The largest share by which any device takes more than its weight when fully dispersed; 0 when
// none does.
double RequiredOverload(const PlacementTree& tree, const Replicanths& weighted,
                        const Replicanths& dispersed);

// The most replicas of one partition a node holds when spread evenly over nodes that have weight,
// whatever the weights are. Dispersion is measured against it.
std::vector<std::uint32_t> MaxReplicasByNode(const PlacementTree& tree, double replicas);

struct ReplicaPlan {
  Replicanths target;
  std::vector<std::uint32_t> min;  // floor of the target
  std::vector<std::uint32_t> max;  // ceiling of the target
};

// Fewer usable devices than replicas: kBadInput.
Result<ReplicaPlan> MakeReplicaPlan(const Builder& builder, const PlacementTree& tree);

// How many partition replicas each node should hold, so that they add up to `slots` on every level
// and each is the plan's target rounded up or down. Where rounding leaves a choice it falls where
// replicas stay furthest apart, if that costs no balance, otherwise where the relative error stays
// smallest; among equals on nodes that hold more now (`held`, one number a node), so that nothing
// moves for the sake of rounding.
std::vector<std::int64_t> PartsByNode(const PlacementTree& tree, const ReplicaPlan& plan,
                                      std::uint64_t partitions, std::uint64_t slots,
                                      const std::vector<std::int64_t>& held);

}  // namespace dbrepl
