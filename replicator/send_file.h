// Sends a peer the whole database as a file: one that has none yet, or one that is far behind and
// merges its own rows into it (swift-reference.md section 5.5).
#pragma once

#include <string>

#include "common/result.h"
#include "replicator/peer_step.h"

namespace dbrepl {

// Counts, sends, and has the peer take the file into use. False: it did not come about.
Result<bool> SendMissingDatabase(PeerStep& step);
// Counts and sends; the peer is to merge it later (merge_files.h). False: it did not get there.
Result<bool> SendFileToMerge(PeerStep& step);

// kBusy when the database has been replaced, or has begun to shard, while this file of it was on
// the way: then the file is not what a peer is to be told of. Other errors: the broker's.
Result<> CheckStillTheSame(DatabaseVisit& visit, const std::string& file);

}  // namespace dbrepl
