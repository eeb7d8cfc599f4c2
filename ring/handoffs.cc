#include "ring/handoffs.h"

#include <algorithm>

#include "common/digest.h"
#include "common/strings.h"
#include "ring/partition_of.h"

namespace dbrepl {

namespace {

// Big rings are searched in strides, so that a search visits at most this many partitions.
constexpr std::uint64_t kVisitedPartitions = 65536;

}  // namespace

PartitionWalk::PartitionWalk(PartitionId partition, int part_shift) {
  const std::uint64_t partitions = std::uint64_t{1} << (kMaxPartPower - part_shift);
  start_ = PartitionOfHash(Md5(StrCat(partition.value())), part_shift).value();
  stride_ = std::max<std::uint64_t>(partitions / kVisitedPartitions, 1);
  // Where the start is a multiple of the stride this leaves out partition 0, as Swift does.
  second_run_start_ = stride_ - (partitions - start_) % stride_;
  next_ = start_;
  end_ = partitions;
}

void PartitionWalk::Advance() {
  next_ += stride_;
  if (next_ < end_ || in_second_run_) return;
  in_second_run_ = true;
  next_ = second_run_start_;
  end_ = start_;
}

Handoffs::Handoffs(const RingData& data, const Tiers& tiers, PartitionId partition)
    : data_(&data),
      tiers_(&tiers),
      first_walk_(partition, data.part_shift),
      walk_(first_walk_),
      marks_((tiers.marks_size() + 63) / 64) {
  for (const std::vector<DeviceId>& row : data.rows) {
    if (partition.value() < row.size()) Use(row[partition.value()]);
  }
}

void Handoffs::Use(DeviceId id) {
  for (std::size_t level = 0; level < kTierLevels; ++level) {
    const std::uint32_t mark = tiers_->Base(level) + tiers_->Of(id, level);
    if (IsMarked(mark)) continue;
    marks_[mark / 64] |= std::uint64_t{1} << (mark % 64);
    ++used_[level];
  }
}

const Device* Handoffs::Next() {
  for (; level_ < kTierLevels; ++level_, walk_ = first_walk_, row_ = 0) {
    for (; !walk_.Done() && !AllUsed(); walk_.Advance(), row_ = 0) {
      while (row_ < data_->rows.size()) {
        const std::vector<DeviceId>& row = data_->rows[row_++];
        if (walk_.Current() >= row.size()) continue;
        const DeviceId id = row[walk_.Current()];
        // A used device's tiers are all marked, so this asks for the device, too.
        if (IsMarked(tiers_->Base(level_) + tiers_->Of(id, level_))) continue;
        Use(id);
        return &*data_->devices[id];
      }
    }
  }
  return nullptr;
}

}  // namespace dbrepl
