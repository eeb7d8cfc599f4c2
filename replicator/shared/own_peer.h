// How servers and replicators of ours recognise each other: headers that Swift's programs do not
// look at. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "broker/shard_range.h"

namespace dbrepl {

// Every REPLICATE request of ours and every answer has it; the value counts what an own peer can
// rely on.
//   1: whole files keep the ROWIDs and points that let nothing be sent twice; kShardRangesHeader.
inline constexpr char kOwnPeerHeader[] = "X-Dbrepl";
inline constexpr char kOwnPeerVersion[] = "1";

// With an answer that says that a file of ours was taken: the id that it was given.
inline constexpr char kNewIdHeader[] = "X-Dbrepl-Id";

// With an answer to `sync` of a container that has shard ranges: ShardRangesDigest of all of them,
// deleted ones and its own too. Peers with equal digests need not send them to each other.
inline constexpr char kShardRangesHeader[] = "X-Dbrepl-Shard-Ranges";

// 32 hex digits over the ranges in the order given, which is that of GetShardRanges.
std::string ShardRangesDigest(const std::vector<ShardRange>& ranges);

}  // namespace dbrepl
