#include "ring/placement_state.h"

#include <algorithm>

#include "common/check.h"

namespace dbrepl {

namespace {

// Slots each device holds, summed up the tree.
std::vector<std::int64_t> HeldByNode(const Builder& builder, const PlacementTree& tree) {
  std::vector<std::int64_t> held_by_device(builder.devices.size(), 0);
  for (const auto& row : builder.rows) {
    for (const DeviceId device : row) {
      if (device != kNoDevice) ++held_by_device[device];
    }
  }
  std::vector<std::int64_t> held(tree.size(), 0);
  for (auto node = static_cast<TreeNodeId>(tree.size() - 1); node > 0; --node) {
    if (tree[node].level == kTreeLevels) held[node] = held_by_device[tree[node].device];
    held[tree[node].parent] += held[node];
  }
  return held;
}

}  // namespace

PlacementState::PlacementState(Builder& builder, const PlacementTree& tree, const ReplicaPlan& plan)
    : builder_(&builder),
      tree_(&tree),
      plan_(&plan),
      partitions_(static_cast<std::uint32_t>(builder.PartitionCount())),
      row_count_(static_cast<std::uint32_t>(builder.rows.size())),
      short_row_length_(static_cast<std::uint32_t>(builder.rows.back().size())),
      wanted_(builder.devices.size(), 0),
      available_(tree.size(), 0),
      free_rows_(partitions_, 0),
      may_move_(partitions_, 0) {
  for (std::uint32_t partition = 0; partition < partitions_; ++partition) {
    may_move_[partition] = builder.hours_since_move[partition] >= builder.min_part_hours ? 1 : 0;
  }
  std::uint64_t slots = 0;
  for (std::uint32_t row = 0; row < row_count_; ++row) {
    slots += builder.rows[row].size();
    for (std::uint32_t partition = 0; partition < builder.rows[row].size(); ++partition) {
      if (builder.rows[row][partition] == kNoDevice) free_rows_[partition] |= 1U << row;
    }
  }
  const std::vector<std::int64_t> held = HeldByNode(builder, tree);
  const std::vector<std::int64_t> parts = PartsByNode(tree, plan, partitions_, slots, held);
  for (TreeNodeId node = 0; node < tree.size(); ++node) {
    if (tree[node].level == kTreeLevels) Want(tree[node].device, parts[node] - held[node]);
  }
}

void PlacementState::Want(DeviceId device, std::int64_t change) {
  const std::int64_t before = std::max<std::int64_t>(wanted_[device], 0);
  wanted_[device] += change;
  const std::int64_t available_change = std::max<std::int64_t>(wanted_[device], 0) - before;
  if (available_change == 0) return;
  for (const TreeNodeId node : tree_->PathOf(device)) available_[node] += available_change;
  available_[PlacementTree::kRoot] += available_change;
}

void PlacementState::Take(Slot slot) {
  DeviceId& cell = builder_->rows[slot.row][slot.partition];
  CHECK(cell != kNoDevice);
  Want(cell, 1);
  cell = kNoDevice;
  if (IsFree(slot)) return;
  free_rows_[slot.partition] |= 1U << slot.row;
  ForbidMoves(slot.partition);
}

void PlacementState::Put(Slot slot, DeviceId device) {
  DeviceId& cell = builder_->rows[slot.row][slot.partition];
  CHECK(cell == kNoDevice);
  cell = device;
  Want(device, -1);
}

void PartitionCounts::Load(std::uint32_t partition) {
  for (const TreeNodeId node : touched_) counts_[node] = 0;
  touched_.clear();
  const std::uint32_t rows = state_->RowsOf(partition);
  for (std::uint32_t row = 0; row < rows; ++row) {
    const DeviceId device = state_->DeviceAt({partition, row});
    if (device != kNoDevice) Add(device);
  }
}

void PartitionCounts::Add(DeviceId device) {
  for (const TreeNodeId node : state_->tree().PathOf(device)) {
    ++counts_[node];
    touched_.push_back(node);
  }
}

void PartitionCounts::Remove(DeviceId device) {
  for (const TreeNodeId node : state_->tree().PathOf(device)) --counts_[node];
}

}  // namespace dbrepl
