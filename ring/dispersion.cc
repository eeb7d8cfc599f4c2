#include "ring/dispersion.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/strings.h"
#include "ring/placement_plan.h"
#include "ring/placement_tree.h"

namespace dbrepl {

namespace {

// Counts one partition after the other into the tiers' tables.
class DispersionCounter {
 public:
  DispersionCounter(const Builder& builder, const PlacementTree& tree)
      : builder_(builder),
        tree_(tree),
        max_(MaxReplicasByNode(tree, builder.replicas)),
        counts_(tree.size(), 0),
        partitions_with_(tree.size()) {}

  void Count(std::size_t partition) {
    touched_.clear();
    for (const auto& row : builder_.rows) {
      if (partition >= row.size() || row[partition] == kNoDevice) continue;
      for (const TreeNodeId node : tree_.PathOf(row[partition])) {
        if (counts_[node]++ == 0) touched_.push_back(node);
      }
    }
    std::array<std::uint64_t, kTreeLevels + 1> at_risk{};
    for (const TreeNodeId node : touched_) {
      const std::uint32_t count = counts_[node];
      auto& table = partitions_with_[node];
      if (table.empty()) table.resize(builder_.rows.size() + 1);
      ++table[count];
      if (count > max_[node]) at_risk[tree_[node].level] += count - max_[node];
      counts_[node] = 0;
    }
    at_risk_ += *std::max_element(at_risk.begin(), at_risk.end());
  }

  std::uint64_t at_risk() const { return at_risk_; }

  // The tables of a node and those below it.
  void Collect(TreeNodeId node, std::vector<TierDispersion>& tiers) {
    const PlacementTree::Node& shape = tree_[node];
    auto& table = partitions_with_[node];
    if (shape.level > 0 && !table.empty()) {
      table[0] = builder_.PartitionCount();
      for (std::size_t i = 1; i < table.size(); ++i) table[0] -= table[i];
      tiers.push_back({PlacementTree::NameOf(*builder_.devices[shape.device], shape.level),
                       max_[node], std::move(table)});
    }
    for (std::uint32_t i = 0; i < shape.children; ++i) Collect(shape.first_child + i, tiers);
  }

 private:
  const Builder& builder_;
  const PlacementTree& tree_;
  std::vector<std::uint32_t> max_;
  std::vector<std::uint32_t> counts_;  // by node, of the partition being counted
  std::vector<TreeNodeId> touched_;
  std::vector<std::vector<std::uint64_t>> partitions_with_;  // by node
  std::uint64_t at_risk_ = 0;
};

}  // namespace

std::uint64_t TierDispersion::PlacedReplicas() const {
  std::uint64_t placed = 0;
  for (std::size_t i = 1; i < partitions_with.size(); ++i) placed += i * partitions_with[i];
  return placed;
}

double TierDispersion::Percent() const {
  std::uint64_t at_risk = 0;
  for (std::size_t i = max_replicas + 1; i < partitions_with.size(); ++i) {
    at_risk += (i - max_replicas) * partitions_with[i];
  }
  const std::uint64_t placed = PlacedReplicas();
  return placed == 0 ? 0 : 100.0 * static_cast<double>(at_risk) / static_cast<double>(placed);
}

Dispersion MeasureDispersion(const Builder& builder) {
  Dispersion dispersion;
  if (!builder.EverRebalanced()) return dispersion;
  const PlacementTree tree(builder.devices);
  DispersionCounter counter(builder, tree);
  const std::uint64_t partitions = builder.PartitionCount();
  for (std::size_t partition = 0; partition < partitions; ++partition) counter.Count(partition);
  counter.Collect(PlacementTree::kRoot, dispersion.tiers);
  dispersion.percent = 100.0 * static_cast<double>(counter.at_risk()) /
                       (static_cast<double>(partitions) * builder.replicas);
  return dispersion;
}

Result<double> RequiredOverloadOf(const Builder& builder) {
  const PlacementTree tree(builder.devices);
  TRY(MakeReplicaPlan(builder, tree));
  const Replicanths weighted = WeightedReplicanths(tree, builder.devices, builder.replicas);
  return RequiredOverload(tree, weighted, DispersedReplicanths(tree, builder.replicas, weighted));
}

Balance MeasureBalance(const Builder& builder) {
  Balance balance;
  balance.devices.resize(builder.devices.size());
  for (const auto& row : builder.rows) {
    for (const DeviceId device : row) ++balance.devices[device].partitions;
  }
  double weights = 0;
  for (const auto& device : builder.devices) weights += device ? device->weight : 0;
  balance.no_weight = !(weights > 0);
  const double per_weight =
      static_cast<double>(builder.PartitionCount()) * builder.replicas / weights;
  for (const auto& device : builder.devices) {
    if (!device || balance.no_weight) continue;
    DeviceLoad& load = balance.devices[device->id];
    const auto held = static_cast<double>(load.partitions);
    if (device->weight > 0) {
      load.balance = 100.0 * held / (device->weight * per_weight) - 100.0;
    } else {
      load.balance = load.partitions > 0 ? kMaxBalance : 0;
    }
    balance.worst = std::max(balance.worst, std::abs(load.balance));
  }
  return balance;
}

namespace {

bool IsThere(const Builder& builder, DeviceId device) {
  return device < builder.devices.size() && builder.devices[device].has_value();
}

Result<> CheckPartition(const Builder& builder, std::size_t partition) {
  std::vector<DeviceId> seen;
  for (std::size_t row = 0; row < builder.rows.size(); ++row) {
    if (partition >= builder.rows[row].size()) continue;
    const DeviceId device = builder.rows[row][partition];
    if (!IsThere(builder, device)) {
      return Fail(Errc::kBadInput, StrCat("partition ", partition, ", replica ", row,
                                          ": is on device ", device, ", which is not there"));
    }
    if (std::find(seen.begin(), seen.end(), device) != seen.end()) {
      return Fail(Errc::kBadInput, StrCat("partition ", partition, ", replica ", row, ": device ",
                                          device, " holds another replica of it"));
    }
    seen.push_back(device);
  }
  return {};
}

}  // namespace

Result<> ValidateBuilder(const Builder& builder) {
  if (!builder.EverRebalanced()) {
    return Fail(Errc::kBadInput, "no partition is assigned yet", "run rebalance first");
  }
  const std::size_t partitions = builder.PartitionCount();
  for (std::size_t row = 0; row < builder.rows.size(); ++row) {
    const std::size_t length = builder.rows[row].size();
    if (length != partitions && (row == 0 || row + 1 < builder.rows.size())) {
      return Fail(Errc::kBadInput,
                  StrCat("replica ", row, ": has ", length, " partitions instead of ", partitions));
    }
  }
  for (std::size_t partition = 0; partition < partitions; ++partition) {
    TRY(CheckPartition(builder, partition));
  }
  return {};
}

}  // namespace dbrepl
