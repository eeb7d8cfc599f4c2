// Removes the visited database from a place where it does not belong, or because it was deleted
// long ago, but only in exactly the state that its peers have (swift-reference.md section 5.6).
#pragma once

#include <vector>

#include "common/result.h"
#include "replicator/database_visit.h"

namespace dbrepl {

// `responses`: for each primary that was asked whether it has all. True also when the database is
// kept for a good reason: rows came in, peers are missing, it still has to shard. False: it should
// have gone and has not; the log says why. Counts what it removes.
bool RemoveHandoff(DatabaseVisit& visit, const std::vector<bool>& responses);

// Of a database that was deleted so long ago that no peer need be asked. kBusy: it changed.
Result<> RemoveReclaimable(DatabaseVisit& visit);

}  // namespace dbrepl
