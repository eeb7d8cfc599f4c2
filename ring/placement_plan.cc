#include "ring/placement_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// Replicanths that differ by less are the same.
constexpr double kTiny = 1e-10;

// How evenly divided replicanths of one node bound what its children may hold.
struct EvenShare {
  double min = 0;
  double max = 0;
};

bool IsUsable(const PlacementTree& tree, TreeNodeId node) { return tree[node].usable > 0; }

std::vector<TreeNodeId> UsableChildren(const PlacementTree& tree, TreeNodeId parent) {
  std::vector<TreeNodeId> children;
  const PlacementTree::Node& node = tree[parent];
  for (TreeNodeId child = node.first_child; child < node.first_child + node.children; ++child) {
    if (IsUsable(tree, child)) children.push_back(child);
  }
  return children;
}

// An even split of the replicas over usable children, on every level.
std::vector<double> EvenSplit(const PlacementTree& tree, double replicas) {
  std::vector<double> split(tree.size(), 0.0);
  split[PlacementTree::kRoot] = replicas;
  for (TreeNodeId parent = 0; parent < tree.size(); ++parent) {
    const std::vector<TreeNodeId> children = UsableChildren(tree, parent);
    for (const TreeNodeId child : children) {
      split[child] = split[parent] / static_cast<double>(children.size());
      if (tree[child].level == kTreeLevels) split[child] = std::min(1.0, split[child]);
    }
  }
  return split;
}

// Splits one node's replicanths among its children; the loop is step 2 of the algorithm.
class ChildSplit {
 public:
  ChildSplit(const PlacementTree& tree, const Replicanths& weighted,
             const std::vector<EvenShare>& even)
      : tree_(tree), weighted_(weighted), even_(even) {}

  // Fills placed[child] for every child in `children`.
  void Place(const std::vector<TreeNodeId>& children, double replicanths, Replicanths& placed) {
    std::vector<TreeNodeId> open = children;
    double remaining = replicanths;
    bool only_devices_limit = false;
    // Each round closes at least one child; the bound only guards against rounding.
    for (std::size_t round = 0; round < 3 * children.size() + 3 && !open.empty(); ++round) {
      Spread(open, remaining, only_devices_limit, placed);
      remaining = replicanths;
      for (const TreeNodeId child : children) remaining -= placed[child];
      if (std::abs(remaining) <= kTiny) return;
      open = StillOpen(children, remaining, only_devices_limit, placed);
    }
  }

 private:
  double Room(TreeNodeId node) const { return static_cast<double>(tree_[node].usable); }

  void Spread(const std::vector<TreeNodeId>& open, double remaining, bool only_devices_limit,
              Replicanths& placed) const {
    double weights = 0;
    for (const TreeNodeId node : open) weights += weighted_[node];
    const double share = remaining / weights;
    for (const TreeNodeId node : open) {
      double value = placed[node] + weighted_[node] * share;
      if (value < even_[node].min) {
        value = even_[node].min;
      } else if (value > even_[node].max && !only_devices_limit) {
        value = even_[node].max;
      }
      placed[node] = std::min(value, Room(node));
    }
  }

  std::vector<TreeNodeId> StillOpen(const std::vector<TreeNodeId>& children, double remaining,
                                    bool& only_devices_limit, const Replicanths& placed) const {
    std::vector<TreeNodeId> open;
    for (const TreeNodeId node : children) {
      const bool has_excess = placed[node] > even_[node].min;
      const bool has_room = placed[node] < std::min(even_[node].max, Room(node));
      if (remaining < 0 ? has_excess : has_room) open.push_back(node);
    }
    if (!open.empty() || remaining < 0) return open;
    only_devices_limit = true;
    for (const TreeNodeId node : children) {
      if (placed[node] < Room(node)) open.push_back(node);
    }
    return open;
  }

  const PlacementTree& tree_;
  const Replicanths& weighted_;
  const std::vector<EvenShare>& even_;
};

// Adds each device's value to all nodes above it.
void SumUp(const PlacementTree& tree, Replicanths& values) {
  for (auto node = static_cast<TreeNodeId>(tree.size() - 1); node > 0; --node) {
    values[tree[node].parent] += values[node];
  }
}

}  // namespace

Replicanths WeightedReplicanths(const PlacementTree& tree,
                                const std::vector<std::optional<Device>>& devices,
                                double replicas) {
  CHECK(static_cast<double>(tree[PlacementTree::kRoot].usable) >= replicas);
  double weights = 0;
  for (const auto& device : devices) weights += device ? device->weight : 0;
  Replicanths values(tree.size(), 0.0);
  std::vector<TreeNodeId> open;
  for (const auto& device : devices) {
    if (!device || !(device->weight > 0)) continue;
    const TreeNodeId node = tree.NodeOf(device->id);
    values[node] = std::min(1.0, device->weight * replicas / weights);
    open.push_back(node);
  }
  const std::vector<TreeNodeId> all = open;
  for (;;) {
    double remaining = replicas;
    for (const TreeNodeId node : all) remaining -= values[node];
    std::erase_if(open, [&](TreeNodeId node) { return values[node] >= 1; });
    if (remaining < kTiny || open.empty()) break;
    double in_open = 0;
    for (const TreeNodeId node : open) in_open += values[node];
    const double growth = 1 + remaining / in_open;
    for (const TreeNodeId node : open) values[node] = std::min(1.0, values[node] * growth);
  }
  SumUp(tree, values);
  return values;
}

Replicanths DispersedReplicanths(const PlacementTree& tree, double replicas,
                                 const Replicanths& weighted) {
  const std::vector<double> even_split = EvenSplit(tree, replicas);
  std::vector<EvenShare> even(tree.size());
  for (TreeNodeId node = 0; node < tree.size(); ++node) {
    even[node] = {std::floor(even_split[node]), std::ceil(even_split[node])};
  }
  Replicanths placed(tree.size(), 0.0);
  placed[PlacementTree::kRoot] = replicas;
  ChildSplit split(tree, weighted, even);
  for (TreeNodeId parent = 0; parent < tree.size(); ++parent) {
    const std::vector<TreeNodeId> children = UsableChildren(tree, parent);
    if (!children.empty()) split.Place(children, placed[parent], placed);
  }
  return placed;
}

double RequiredOverload(const PlacementTree& tree, const Replicanths& weighted,
                        const Replicanths& dispersed) {
  double required = 0;
  for (TreeNodeId node = 0; node < tree.size(); ++node) {
    if (tree[node].level != kTreeLevels || !IsUsable(tree, node)) continue;
    required = std::max(required, (dispersed[node] - weighted[node]) / weighted[node]);
  }
  return required;
}

std::vector<std::uint32_t> MaxReplicasByNode(const PlacementTree& tree, double replicas) {
  std::vector<std::uint32_t> max(tree.size(), 0);
  std::vector<double> exact(tree.size(), 0.0);
  exact[PlacementTree::kRoot] = replicas;
  for (TreeNodeId parent = 0; parent < tree.size(); ++parent) {
    max[parent] = static_cast<std::uint32_t>(std::ceil(exact[parent]));
    const std::vector<TreeNodeId> children = UsableChildren(tree, parent);
    for (const TreeNodeId child : children) {
      exact[child] = std::ceil(exact[parent] / static_cast<double>(children.size()));
      if (tree[child].level == kTreeLevels) exact[child] = std::min(1.0, exact[child]);
    }
  }
  return max;
}

Result<ReplicaPlan> MakeReplicaPlan(const Builder& builder, const PlacementTree& tree) {
  const std::uint32_t usable = tree[PlacementTree::kRoot].usable;
  if (static_cast<double>(usable) < builder.replicas) {
    return Fail(Errc::kBadInput,
                StrCat(builder.replicas, " replicas need at least as many devices with weight, ",
                       usable, usable == 1 ? " is" : " are", " there"),
                "add devices or lower the replicas with set_replicas");
  }
  const Replicanths weighted = WeightedReplicanths(tree, builder.devices, builder.replicas);
  const Replicanths dispersed = DispersedReplicanths(tree, builder.replicas, weighted);
  const double required = RequiredOverload(tree, weighted, dispersed);
  const double bend = required > 0 ? std::min(builder.overload, required) / required : 1.0;
  ReplicaPlan plan;
  for (TreeNodeId node = 0; node < tree.size(); ++node) {
    const double target = weighted[node] + (dispersed[node] - weighted[node]) * bend;
    plan.target.push_back(target);
    plan.min.push_back(static_cast<std::uint32_t>(std::floor(target + kTiny)));
    plan.max.push_back(static_cast<std::uint32_t>(std::ceil(target - kTiny)));
  }
  return plan;
}

namespace {

// Parts that differ by less are the same.
constexpr double kSamePart = 1e-6;

// A child of a node whose parts are being shared out, with what decides who gets one more.
struct Rounding {
  TreeNodeId node = 0;
  bool harmless = false;  // rounding it up makes the ring no less balanced than it must be anyway
  double target = 0;
  double gain = 0;        // how much smaller the relative error gets by rounding up
  std::int64_t held = 0;  // more than the rounded-down number already
};

// Where it costs no balance, the smallest nodes come first: that keeps replicas furthest apart.
bool RoundsUpBefore(const Rounding& a, const Rounding& b) {
  if (a.harmless != b.harmless) return a.harmless;
  if (a.harmless && a.target != b.target) return a.target < b.target;
  if (!a.harmless && a.gain != b.gain) return a.gain > b.gain;
  return a.held > b.held;
}

// Shares parts out from the root down.
class PartSharing {
 public:
  PartSharing(const PlacementTree& tree, const ReplicaPlan& plan, std::uint64_t partitions,
              const std::vector<std::int64_t>& held)
      : tree_(tree), plan_(plan), partitions_(static_cast<double>(partitions)), held_(held) {
    for (TreeNodeId node = 0; node < tree.size(); ++node) {
      if (tree[node].level != kTreeLevels || !IsUsable(tree, node)) continue;
      const double exact = Exact(node);
      const double fraction = exact - std::floor(exact);
      unavoidable_ = std::max(unavoidable_, std::min(fraction, 1 - fraction) / exact);
    }
  }

  // Sets parts[child] for the children of a node from parts[parent].
  void Share(TreeNodeId parent, std::vector<std::int64_t>& parts) const {
    std::vector<Rounding> order;
    std::int64_t left = parts[parent];
    for (const TreeNodeId child : UsableChildren(tree_, parent)) {
      parts[child] =
          std::min(left, static_cast<std::int64_t>(std::floor(Exact(child) + kSamePart)));
      left -= parts[child];
      order.push_back(RoundingOf(child, parts[child]));
    }
    std::stable_sort(order.begin(), order.end(), RoundsUpBefore);
    for (std::size_t i = 0; left > 0; i = (i + 1) % order.size(), --left) ++parts[order[i].node];
  }

 private:
  double Exact(TreeNodeId node) const { return plan_.target[node] * partitions_; }

  Rounding RoundingOf(TreeNodeId node, std::int64_t rounded_down) const {
    // Rounded, so that nodes of equal weight tie whatever their sums of floating point are.
    const auto comparable = [](double value) { return std::round(value * 1e9); };
    const double exact = std::max(Exact(node), kSamePart);
    const double fraction = exact - static_cast<double>(rounded_down);
    const bool harmless =
        tree_[node].level < kTreeLevels && (1 - fraction) / exact <= unavoidable_ + kTiny;
    return {node, harmless, comparable(plan_.target[node]), comparable((2 * fraction - 1) / exact),
            held_[node] - rounded_down};
  }

  const PlacementTree& tree_;
  const ReplicaPlan& plan_;
  const double partitions_;
  const std::vector<std::int64_t>& held_;
  double unavoidable_ = 0;  // the relative error that some device gets from rounding in any case
};

}  // namespace

std::vector<std::int64_t> PartsByNode(const PlacementTree& tree, const ReplicaPlan& plan,
                                      std::uint64_t partitions, std::uint64_t slots,
                                      const std::vector<std::int64_t>& held) {
  std::vector<std::int64_t> parts(tree.size(), 0);
  parts[PlacementTree::kRoot] = static_cast<std::int64_t>(slots);
  const PartSharing sharing(tree, plan, partitions, held);
  for (TreeNodeId parent = 0; parent < tree.size(); ++parent) {
    if (tree[parent].usable > 0 && tree[parent].level < kTreeLevels) sharing.Share(parent, parts);
  }
  return parts;
}

}  // namespace dbrepl
