// The steps of a rebalance after its books are open: gather what must move, give every empty slot a
// home, then even out what devices hold. placement.cc calls them in this order.
#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"
#include "ring/placement_state.h"

namespace dbrepl {

// Takes one replica of every partition that has more replicas below a node than the plan allows
// (drained devices may hold none), as far as partitions may move: the one that eases most nodes,
// among equals the one on the device that holds most too many. Of replicas that share a device only
// one stays.
void GatherUndispersed(PlacementState& state);

// Gives every empty slot to a device, in random order.
void FillEmptySlots(PlacementState& state, Random& random);

// Moves slots from devices that hold too many straight to devices that want them, wherever that
// breaks no plan; looks at the partitions from `start` onward.
void MoveOverweight(PlacementState& state, std::uint32_t start, Random& random);

// Where nobody can give to anybody directly: a device gives to a second one, which gives another
// slot to a third, until one is reached that wants it. Slots that this rebalance places anyway are
// moved for nothing.
void MoveAlongChains(PlacementState& state);

}  // namespace dbrepl
