// Failure domains of a ring's devices as small numbers, counted as Swift counts them for handoffs:
// only devices that hold at least one partition matter, whatever their weight.
//
// Immutable after construction. swift-reference.md section 2.6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ring/ring_data.h"

namespace dbrepl {

// From the widest to the narrowest: region, (region, zone), (region, zone, ip), device.
inline constexpr std::size_t kTierLevels = 4;

class Tiers {
 public:
  explicit Tiers(const RingData& data);

  // How many different tiers of a level hold partitions; their numbers are 0 .. Count(level) - 1.
  std::uint32_t Count(std::size_t level) const { return counts_[level]; }
  // The tier's number for a device that holds partitions.
  std::uint32_t Of(DeviceId id, std::size_t level) const { return numbers_[id][level]; }

  // Where a level's marks begin when all levels share one array of marks_size() marks.
  std::uint32_t Base(std::size_t level) const { return bases_[level]; }
  std::uint32_t marks_size() const { return bases_[kTierLevels - 1] + counts_[kTierLevels - 1]; }

 private:
  std::array<std::uint32_t, kTierLevels> counts_{};
  std::array<std::uint32_t, kTierLevels> bases_{};
  std::vector<std::array<std::uint32_t, kTierLevels>> numbers_;  // by device id
};

}  // namespace dbrepl
