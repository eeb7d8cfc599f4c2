// One database and one peer: ask how it stands, choose a way, act (swift-reference.md section 5.5).
#pragma once

#include "common/result.h"
#include "replicator/database_visit.h"
#include "replicator/peer_round.h"
#include "ring/device.h"

namespace dbrepl {

// Brings the replica on this peer and the local database into agreement. kFileSent: all but the
// last step, and the file stands in visit.sent_files for it (merge_files.h). What goes wrong over
// there is an outcome; an error is a problem of our own: the broker's errors (so kCorrupt means the
// local database), kBusy when it was replaced meanwhile, or kCancelled when a stop was requested.
Result<PeerOutcome> SyncWithPeer(DatabaseVisit& visit, const Device& node, bool is_other_region);

}  // namespace dbrepl
