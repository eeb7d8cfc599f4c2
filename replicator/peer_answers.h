// What peers answer to REPLICATE requests, read with the same distrust as what they ask for: types,
// sizes and times are checked, unknown members ignored. All errors are kCorrupt. Pure, thread-safe.
#pragma once

#include <vector>

#include "broker/shard_range.h"
#include "common/result.h"
#include "replicator/peer_replica.h"
#include "replicator/shared/wire_values.h"
#include "rpc/http_message.h"

namespace dbrepl {

// hash, id, max_row, point and the three timestamps must be there; the rest may be missing.
Result<SyncAnswer> ParseSyncAnswer(const HttpResponse& response, const TimeBound& times);

Result<std::vector<ShardRange>> ParseShardRangesAnswer(const HttpResponse& response,
                                                       const TimeBound& times);

}  // namespace dbrepl
