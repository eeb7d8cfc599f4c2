// Sends a peer the rows that it lacks (Swift's usync; swift-reference.md section 5.5).
#pragma once

#include <cstdint>

#include "common/result.h"
#include "replicator/peer_step.h"

namespace dbrepl {

// Sends rows after `point`, per_diff at a time and at most max_diffs times. What is left over waits
// for the next pass, which goes on from there, for the peer remembers how far it has come; that is
// no success. After the last row our incoming points go over too, and the peer's point is noted.
// False: the peer failed, or rows are left over.
Result<bool> SendRows(PeerStep& step, std::int64_t point);

}  // namespace dbrepl
