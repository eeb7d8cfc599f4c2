// The books of one rebalance: who holds what, who wants how much, and what may still move.
//
// Shared by the steps of placement.cc; used by one thread, lives for one rebalance. The tree, the
// plan and the rows it was made from must outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "ring/builder.h"
#include "ring/placement_plan.h"
#include "ring/placement_tree.h"

namespace dbrepl {

// One replica of one partition: a cell of the rows.
struct Slot {
  std::uint32_t partition = 0;
  std::uint32_t row = 0;
};

class PlacementState {
 public:
  // Cells of `builder.rows` may be kNoDevice: they count as slots that must be filled.
  PlacementState(Builder& builder, const PlacementTree& tree, const ReplicaPlan& plan);

  const PlacementTree& tree() const { return *tree_; }
  const ReplicaPlan& plan() const { return *plan_; }
  std::uint32_t partitions() const { return partitions_; }

  // How many rows reach this partition.
  std::uint32_t RowsOf(std::uint32_t partition) const {
    return partition < short_row_length_ ? row_count_ : row_count_ - 1;
  }
  DeviceId DeviceAt(Slot slot) const { return builder_->rows[slot.row][slot.partition]; }

  // How many more slots a device should get; negative: how many it should lose.
  std::int64_t Wanted(DeviceId device) const { return wanted_[device]; }
  // The sum of the positive wants below a node.
  std::int64_t Available(TreeNodeId node) const { return available_[node]; }

  // Whether min_part_hours allows a replica of the partition to move and none has moved yet.
  bool MayMove(std::uint32_t partition) const { return may_move_[partition] != 0; }
  // Whether this rebalance is placing the slot anyway: placing it elsewhere costs nothing more.
  bool IsFree(Slot slot) const { return (free_rows_[slot.partition] >> slot.row & 1U) != 0; }
  bool IsMovable(Slot slot) const { return IsFree(slot) || MayMove(slot.partition); }

  // Says that a replica of the partition has moved; no other one may.
  void ForbidMoves(std::uint32_t partition) { may_move_[partition] = 0; }

  // Takes a slot from its device, which makes it free. Afterwards no other replica of the partition
  // may move, unless the slot was free before.
  void Take(Slot slot);
  // Gives an empty slot to a device.
  void Put(Slot slot, DeviceId device);

 private:
  void Want(DeviceId device, std::int64_t change);

  Builder* builder_;
  const PlacementTree* tree_;
  const ReplicaPlan* plan_;
  std::uint32_t partitions_;
  std::uint32_t row_count_;
  std::uint32_t short_row_length_;
  std::vector<std::int64_t> wanted_;      // by device id
  std::vector<std::int64_t> available_;   // by tree node
  std::vector<std::uint32_t> free_rows_;  // by partition, one bit a row
  std::vector<std::uint8_t> may_move_;    // by partition
};

// How many replicas of one partition each tree node holds. Loading the next partition costs only
// what the last one touched.
class PartitionCounts {
 public:
  explicit PartitionCounts(const PlacementState& state)
      : state_(&state), counts_(state.tree().size(), 0) {}

  void Load(std::uint32_t partition);
  std::uint32_t operator[](TreeNodeId node) const { return counts_[node]; }
  // A replica arrives at the device, or leaves it.
  void Add(DeviceId device);
  void Remove(DeviceId device);

 private:
  const PlacementState* state_;
  std::vector<std::uint32_t> counts_;   // by tree node
  std::vector<std::uint32_t> touched_;  // nodes that may be above 0
};

}  // namespace dbrepl
