// The ops that bring rows, sync points and shard ranges from a peer, or show it our shard ranges.
// Swift-reference.md section 4.3. A batch is merged whole or, when anything in it is refused, not
// at all (400).
#pragma once

#include "replicator/answer/operation.h"

namespace dbrepl {

// [rows, source]: 202. The rows are read from the request's text, never held as a document.
Result<HttpResponse> RunMergeItems(const Operation& operation);
// [points]: each an object with remote_id and sync_point; 202.
Result<HttpResponse> RunMergeSyncs(const Operation& operation);
// [ranges, id of the sender, which is ignored]: 202. Containers only.
Result<HttpResponse> RunMergeShardRanges(const Operation& operation);
// []: 200 and all ranges, also deleted ones and the container's own, as JSON. Containers only.
Result<HttpResponse> RunGetShardRanges(const Operation& operation);

}  // namespace dbrepl
