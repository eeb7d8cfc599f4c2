// The rebalance: gives every replica of every partition a device.
//
// As far apart as possible (region, zone, address, device), weights honoured, bent by the overload;
// swift-reference.md section 2.11 with three differences, which docs/BUILDER_FILE.md explains: the
// plan's minimum counts as much as its maximum, slots move straight to where they are wanted
// instead of being picked up in the hope of a better place, and what remains is evened out along
// chains of devices.
#pragma once

#include <cstdint>

#include "common/random.h"
#include "common/result.h"
#include "ring/builder.h"

namespace dbrepl {

struct RebalanceReport {
  std::uint64_t reassigned = 0;  // partition replicas that live elsewhere than before, or are new
  std::size_t removed_devices = 0;
};

// Moves at most one replica of a partition, and none that moved within min_part_hours, except away
// from devices that are being removed. The same builder, time and random numbers give the same
// result. Fewer devices with weight than replicas: kBadInput, the builder unchanged.
Result<RebalanceReport> Rebalance(Builder& builder, double now_seconds, Random& random);

}  // namespace dbrepl
