// Peers that were given the database's file in one visit, and what they are told of each other.
#pragma once

#include "common/result.h"
#include "replicator/database_visit.h"

namespace dbrepl {

// A receiver gives the file an id of its own, under which no other peer knows it; so each would
// send the others all of its rows, though they have nearly all of them from us. What follows is
// true of any two receivers, Swift's or ours: rows of the one that came with our file have our
// ROWIDs, and the other's file, sent sooner or later, has them too, or what replaced them.
//
// Adds a receiver to the visit's. We note that we have its rows up to our last one, and so does
// every file that is sent after this; those who have theirs already are told. Two that had nothing
// of their own are not told of each other: their hashes are equal. A peer that cannot be told gets
// some rows twice, which is no failure. Errors: kCancelled, and those of the local database.
Result<> IntroduceReceiver(DatabaseVisit& visit, FileReceiver receiver);

}  // namespace dbrepl
