// The tables incoming_sync and outgoing_sync: up to which ROWID of a peer's database its rows are
// known to be here, and the other way round. For use inside the caller's transaction; errors are
// those of Statement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/connection.h"
#include "broker/reclaim.h"
#include "common/clock.h"
#include "common/result.h"

namespace dbrepl {

enum class SyncDirection {
  kIncoming,  // what we have of them
  kOutgoing,  // what they have of us
};

struct SyncPoint {
  std::string remote_id;  // the peer database's id
  std::int64_t sync_point = -1;

  bool operator==(const SyncPoint&) const = default;
};

// -1 when the peer is unknown.
Result<std::int64_t> ReadSyncPoint(Connection& connection, std::string_view remote_id,
                                   SyncDirection direction);
// In the order of the table.
Result<std::vector<SyncPoint>> ReadSyncPoints(Connection& connection, SyncDirection direction);

// Remembers the point, or the greater of it and the one known; either way the row counts as
// touched now, which keeps it from being reclaimed.
Result<> RaiseSyncPoint(Connection& connection, std::string_view remote_id, std::int64_t sync_point,
                        SyncDirection direction, const Clock& clock);

// Remembers exactly this incoming point, also when it is lower than the one known.
Result<> ReplaceIncomingSyncPoint(Connection& connection, std::string_view remote_id,
                                  std::int64_t sync_point, const Clock& clock);

// The rows of both tables last touched before this time (as text, as Swift compares): are there
// any, or delete them and say whether there were any. Tables of old databases without updated_at
// are left alone.
Result<bool> ReclaimSyncPoints(Connection& connection, double before_seconds, ReclaimMode mode);

}  // namespace dbrepl
