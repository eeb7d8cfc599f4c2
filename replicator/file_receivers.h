// Peers that were given the database's file in one visit, and what they are told of each other.
#pragma once

#include "common/result.h"
#include "replicator/peer_step.h"

namespace dbrepl {

// A receiver gives the file an id of its own, under which no other peer knows it; so each would
// send the others all of its rows, though they have nearly all of them from us. What follows is
// true of any two receivers, Swift's or ours: rows of the one that came with our file have our
// ROWIDs, and the other's file has them too, or what replaced them.
//
// The step's peer has just taken the file; an own server has said under which id, one of Swift's is
// asked. We note that we have its rows up to our last one; it and those before it are told of each
// other. Two that had nothing of their own are not: their hashes are equal. A peer that cannot be
// told gets some rows twice, which is no failure. False: its id could not be found out, or there
// are no rows. step.answer of a Swift receiver is its new state. Errors: kCancelled.
Result<bool> NoteReceiver(PeerStep& step, FileReceiver newcomer);

}  // namespace dbrepl
