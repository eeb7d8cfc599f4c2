// SQLite's result codes as our errors: the only place that reads them. Thread-safe.
#pragma once

#include <string_view>

#include "common/result.h"

struct sqlite3;

namespace dbrepl {

// The last error of this connection as "place: SQLite's own words". Busy and locked: kBusy.
// Malformed, not a database, malformed schema, disk I/O error, a table that is missing: kCorrupt
// (Swift quarantines for these). Full disk: kNoSpace. A file that is not there: kNotFound. Broken
// constraint, too large, wrong type: kBadInput. Anything else: kIo.
Error SqliteError(sqlite3* db, int code, std::string_view place);

// SQLITE_BUSY or SQLITE_LOCKED, also with extended codes: another process is at it, trying again
// makes sense.
bool IsLockedCode(int code);

// Why Swift would set this database aside: "malformed database", "corrupted database", "disk
// error while accessing database" or "missing row in ..._stat table". A view, also into the error.
// Empty when it would not, as for a missing table (LacksTable).
std::string_view QuarantineReason(const Error& error);

// A table is missing: Swift's `sync` and its replicator quarantine for that too, other callers do
// not.
bool LacksTable(const Error& error);

}  // namespace dbrepl
