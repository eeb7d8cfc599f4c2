// Sends a peer the whole database as a file: one that has none yet, or one that is far behind and
// merges its own rows into it (swift-reference.md section 5.5).
#pragma once

#include "common/result.h"
#include "replicator/peer_step.h"

namespace dbrepl {

// Counts, sends, and has the peer take the file into use. False: it did not come about.
Result<bool> SendMissingDatabase(PeerStep& step);
Result<bool> SendFileToMerge(PeerStep& step);

}  // namespace dbrepl
