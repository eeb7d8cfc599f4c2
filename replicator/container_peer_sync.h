// What is exchanged with a peer about containers beyond rows: storage policy, timestamps, shard
// ranges (swift-reference.md section 5.7).
#pragma once

#include "common/result.h"
#include "replicator/peer_step.h"

namespace dbrepl {

// Takes over what the peer's answer has that is better or newer: the storage policy, timestamps,
// and its shard ranges, which are fetched. A peer that does not give them is logged, and goes on.
Result<> TakeOverContainerState(PeerStep& step);

struct ShardStep {
  bool told = false;      // the peer has our shard ranges, or we have none
  bool deferred = false;  // sharding has begun: no object rows are sent
};
// Tells the peer our shard ranges. An own peer that has the same ones is not told again.
Result<ShardStep> TellShardRanges(PeerStep& step);

}  // namespace dbrepl
