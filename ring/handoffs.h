// Who stands in for a partition's primaries, in exactly Swift's order (swift-reference.md section
// 2.6): a device in a region not yet used, then in a new zone, on a new address, then any other.
//
// Lazy: every answer costs only the search for it, so taking one or two and dropping the rest is
// cheap. Used by one thread at a time; the ring it came from must outlive it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/ids.h"
#include "ring/ring_data.h"
#include "ring/tiers.h"

namespace dbrepl {

// The partitions in the order in which they are searched for stand-ins: from a place that depends
// on the partition, in strides, to the end, then from the front up to that place.
class PartitionWalk {
 public:
  PartitionWalk(PartitionId partition, int part_shift);

  bool Done() const { return next_ >= end_ && in_second_run_; }
  std::uint64_t Current() const { return next_; }
  void Advance();

  std::uint64_t start() const { return start_; }
  std::uint64_t stride() const { return stride_; }

 private:
  std::uint64_t start_;
  std::uint64_t stride_;
  std::uint64_t second_run_start_;
  std::uint64_t next_;
  std::uint64_t end_;  // of the run
  bool in_second_run_ = false;
};

class Handoffs {
 public:
  Handoffs(const RingData& data, const Tiers& tiers, PartitionId partition);

  // The next device; nullptr when all devices that hold partitions were named, and from then on.
  const Device* Next();

 private:
  bool IsMarked(std::uint32_t mark) const { return (marks_[mark / 64] >> (mark % 64) & 1U) != 0; }
  void Use(DeviceId id);
  bool AllUsed() const { return used_[level_] == tiers_->Count(level_); }

  const RingData* data_;
  const Tiers* tiers_;
  PartitionWalk first_walk_;  // where each level's search begins
  PartitionWalk walk_;
  std::size_t row_ = 0;
  std::size_t level_ = 0;
  std::array<std::uint32_t, kTierLevels> used_{};  // tiers marked, a level each
  std::vector<std::uint64_t> marks_;               // one bit a tier, all levels one after the other
};

}  // namespace dbrepl
