#include "broker/sync_points.h"

#include <cmath>

#include "common/strings.h"

namespace dbrepl {

namespace {

const char* TableOf(SyncDirection direction) {
  return direction == SyncDirection::kIncoming ? "incoming_sync" : "outgoing_sync";
}

// What the triggers would write: whole seconds as text.
std::string TouchedNow(const Clock& clock) {
  return StrCat(static_cast<std::int64_t>(std::floor(clock.NowSeconds())));
}

// Very old tables do not know when they were touched.
Result<bool> KnowsUpdatedAt(Connection& connection, SyncDirection direction) {
  return connection.HasColumn(TableOf(direction), "updated_at");
}

}  // namespace

Result<std::int64_t> ReadSyncPoint(Connection& connection, std::string_view remote_id,
                                   SyncDirection direction) {
  TRY_ASSIGN(Statement query,
             connection.Prepare(
                 StrCat("SELECT sync_point FROM ", TableOf(direction), " WHERE remote_id = ?")));
  query.Bind(1, remote_id);
  TRY_ASSIGN(const bool known, query.Step());
  return known ? query.Int64(0) : std::int64_t{-1};
}

Result<std::vector<SyncPoint>> ReadSyncPoints(Connection& connection, SyncDirection direction) {
  TRY_ASSIGN(Statement query,
             connection.Prepare(StrCat("SELECT remote_id, sync_point FROM ", TableOf(direction))));
  std::vector<SyncPoint> points;
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return points;
    points.push_back({std::string(query.Text(0)), query.Int64(1)});
  }
}

Result<> RaiseSyncPoint(Connection& connection, std::string_view remote_id, std::int64_t sync_point,
                        SyncDirection direction, const Clock& clock) {
  TRY_ASSIGN(const bool dated, KnowsUpdatedAt(connection, direction));
  const std::string sql =
      dated ? StrCat("INSERT INTO ", TableOf(direction),
                     " (sync_point, remote_id, updated_at) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (remote_id) DO UPDATE SET"
                     " sync_point = max(?1, sync_point), updated_at = ?3")
            : StrCat("INSERT INTO ", TableOf(direction),
                     " (sync_point, remote_id) VALUES (?1, ?2)"
                     " ON CONFLICT (remote_id) DO UPDATE SET sync_point = max(?1, sync_point)");
  TRY_ASSIGN(Statement insert, connection.Prepare(sql));
  const std::string now = TouchedNow(clock);
  insert.BindAll(sync_point, remote_id);
  if (dated) insert.Bind(3, now);
  return insert.Run();
}

Result<> ReplaceIncomingSyncPoint(Connection& connection, std::string_view remote_id,
                                  std::int64_t sync_point, const Clock& clock) {
  TRY_ASSIGN(const bool dated, KnowsUpdatedAt(connection, SyncDirection::kIncoming));
  TRY_ASSIGN(Statement replace,
             connection.Prepare(
                 dated ? "INSERT OR REPLACE INTO incoming_sync (sync_point, remote_id, updated_at)"
                         " VALUES (?, ?, ?)"
                       : "INSERT OR REPLACE INTO incoming_sync (sync_point, remote_id)"
                         " VALUES (?, ?)"));
  const std::string now = TouchedNow(clock);
  replace.BindAll(sync_point, remote_id);
  if (dated) replace.Bind(3, now);
  return replace.Run();
}

Result<bool> ReclaimSyncPoints(Connection& connection, double before_seconds, ReclaimMode mode) {
  bool found = false;
  for (const auto direction : {SyncDirection::kOutgoing, SyncDirection::kIncoming}) {
    TRY_ASSIGN(const bool dated, KnowsUpdatedAt(connection, direction));
    if (!dated) continue;
    const char* table = TableOf(direction);
    TRY_ASSIGN(
        Statement work,
        connection.Prepare(mode == ReclaimMode::kLook
                               ? StrCat("SELECT 1 FROM ", table, " WHERE updated_at < ? LIMIT 1")
                               : StrCat("DELETE FROM ", table, " WHERE updated_at < ?")));
    // The column has TEXT affinity, so SQLite turns the number into text of 15 digits first, as it
    // does for Swift.
    work.Bind(1, before_seconds);
    TRY_ASSIGN(const bool row, work.Step());
    found = found || row || (mode == ReclaimMode::kDelete && connection.Changes() > 0);
  }
  return found;
}

}  // namespace dbrepl
