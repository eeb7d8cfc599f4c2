// What is exchanged with a peer about containers beyond rows: storage policy, timestamps, shard
// ranges (swift-reference.md section 5.7).
#pragma once

#include <vector>

#include "broker/container_broker.h"
#include "broker/shard_range.h"
#include "common/result.h"
#include "replicator/peer_step.h"

namespace dbrepl {

// Takes over what the peer's answer has that is better or newer: the storage policy, timestamps,
// and its shard ranges, which are fetched. A peer that does not give them is logged, and goes on.
Result<> TakeOverContainerState(PeerStep& step);

struct OwnShards {
  std::vector<ShardRange> ranges;  // all, deleted ones and the own one too
  bool deferred = false;           // sharding has begun: no object rows are sent
};
Result<OwnShards> ReadOwnShards(ContainerBroker& container);

// Tells the peer our shard ranges; an own peer that has the same ones is not told again. Counts and
// logs that rows are deferred. False: we have ranges and the peer did not take them.
Result<bool> TellShardRanges(PeerStep& step, OwnShards shards);

}  // namespace dbrepl
