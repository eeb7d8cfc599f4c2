// The whole handoff sequences of many partitions at once, for listings of a ring: the same answers
// as Handoffs, at a cost that hardly depends on the size of the ring.
//
// A search for stand-ins visits partitions from some start onward, and only a device's first
// appearance counts. Going through the starts backwards, the devices in order of first appearance
// are a list in which each partition's devices move to the front; one sweep over the table so
// serves any number of partitions, and each then costs as much as there are devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/ids.h"
#include "ring/ring_data.h"
#include "ring/tiers.h"

namespace dbrepl {

// Element i belongs to partition first + i: its handoffs, all of them, in order. Partitions from
// `first` up to the end of the ring, at most `count`; memory and time grow with `count` times the
// number of devices, and with the size of the table once a call. Pure, thread-safe.
std::vector<std::vector<DeviceId>> HandoffSequences(const RingData& data, const Tiers& tiers,
                                                    PartitionId first, std::size_t count);

}  // namespace dbrepl
