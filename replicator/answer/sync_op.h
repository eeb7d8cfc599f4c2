// The op `sync`: a peer tells the state of its replica and gets ours. Swift-reference.md section
// 4.3.
#pragma once

#include "replicator/answer/operation.h"

namespace dbrepl {

// Takes over the peer's storage policy if that is the better claim, then its metadata and
// timestamps; when both hold the same rows, also its sync point. Answers 200 with the state from
// before metadata and timestamps were taken over, and `point`: up to which ROWID of the peer's
// database its rows are here. A database that has lost a table is quarantined: 404.
Result<HttpResponse> RunSync(const Operation& operation);

}  // namespace dbrepl
