// The second half of rsync_then_merge, for all peers of a visit that have our file in their tmp:
// they merge their own rows into it and put it in place of theirs (swift-reference.md section 5.5).
#pragma once

#include "common/result.h"
#include "replicator/database_visit.h"

namespace dbrepl {

// Before the first of visit.sent_files is merged and after the last was sent; does nothing when
// there are none. Errors: kBusy when the database is not the one any more whose file was sent, and
// the broker's; then none may be merged.
Result<> PrepareMerges(DatabaseVisit& visit);

// True: the peer has all that we had when it was asked. False: it did not come about, and the log
// says why. Errors are problems of our own: kCancelled and the broker's.
Result<bool> MergeSentFile(DatabaseVisit& visit, const SentFile& sent);

}  // namespace dbrepl
