// Judges a whole database file that came from a peer before anything else is done with it.
// Thread-safe.
#pragma once

#include "broker/db_kind.h"
#include "common/hash_path.h"
#include "common/result.h"
#include "replicator/answer/landed_file.h"
#include "replicator/shared/wire_names.h"
#include "replicator/shared/wire_values.h"

namespace dbrepl {

struct ReceivedFileRules {
  DbKind kind = DbKind::kContainer;
  const HashPathConfig* hash_path = nullptr;
  const TimeBound* time_bound = nullptr;
};

// The file is opened for reading only. kBadInput, naming what is wrong, unless: it is an SQLite
// database in rollback mode, UTF-8, pages of 512 to 65536 bytes; there is nothing in its schema
// that IsKnownSchemaObject does not know; it is not of more pages than any database can have,
// checking which would take memory; PRAGMA quick_check finds nothing; its one stat row is of
// an account or container with this hash, and of a database with this id, for the sender's ROWIDs
// mean nothing under another; no timestamp lies too far ahead.
Result<> CheckReceivedFile(const LandedFile& file, const ReceivedFileRules& rules,
                           const DbHash& hash, const LandingName& sender_id);

// What went wrong with a received file as the sender's fault: kBadInput, but for kNoSpace and
// kBusy.
Error BlameSender(Error error, const LandingName& sender_id);

}  // namespace dbrepl
