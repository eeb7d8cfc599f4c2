#include "broker/database_broker.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "broker/connection_cache.h"
#include "broker/db_path.h"
#include "broker/quarantine.h"
#include "broker/row_json.h"
#include "broker/spare_connections.h"
#include "broker/sqlite_error.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

DatabaseBroker::DatabaseBroker(std::string path, BrokerOptions options)
    : path_(std::move(path)), options_(std::move(options)) {}

DatabaseBroker::~DatabaseBroker() {
  if (options_.connections != nullptr && !options_.read_only) {
    options_.connections->Give(std::move(connection_));
  }
  CloseConnection();
}

void DatabaseBroker::CloseConnection() {
  std::unique_ptr<Connection> closed = std::move(connection_);
  if (options_.spares != nullptr && !options_.read_only) options_.spares->Give(std::move(closed));
}

Result<> DatabaseBroker::OpenConnection() {
  TRY_ASSIGN(std::string file, DbFile());
  if (options_.connections != nullptr && !options_.read_only) {
    connection_ = options_.connections->Take(file);
    if (connection_ != nullptr) {
      connection_->set_lock_timeout(options_.lock_timeout);
      return {};
    }
  }
  if (options_.spares != nullptr && !options_.read_only) {
    TRY_ASSIGN(connection_, options_.spares->Take(file, options_.lock_timeout));
    if (connection_ != nullptr) return {};
  }
  ConnectionOptions how;
  if (options_.read_only) how.mode = ConnectionOptions::Mode::kReadOnly;
  how.lock_timeout = options_.lock_timeout;
  TRY_ASSIGN(connection_, Connection::Open(std::move(file), how));
  return {};
}

Result<Connection*> DatabaseBroker::Connect() {
  if (connection_ == nullptr) {
    TRY(OpenConnection());
    connection_->EndHeldReads();
  }
  return connection_.get();
}

Result<bool> DatabaseBroker::HoldReads() {
  if (connection_ == nullptr) {
    TRY(OpenConnection());
    if (connection_->holds_reads()) return true;
  }
  return connection_->HoldReads().value_or(false);
}

void DatabaseBroker::EndHeldReads() {
  if (connection_ != nullptr) connection_->EndHeldReads();
}

Result<std::string> DatabaseBroker::NowTimestamp() const {
  TRY_ASSIGN(const Timestamp now, Timestamp::FromSeconds(clock().NowSeconds()));
  return now.Internal();
}

// ---- What the database says about itself

Result<ReplicationInfo> DatabaseBroker::GetInfo() {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  return InfoWithin(*connection);
}

Result<ReplicationInfo> DatabaseBroker::GetReplicationInfo() {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  return ReplicationInfoWithin(*connection);
}

Result<ReplicationState> DatabaseBroker::GetReplicationState(std::string_view remote_id) {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  ReplicationState state;
  TRY_ASSIGN(state.info, ReplicationInfoWithin(*connection));
  TRY_ASSIGN(state.incoming_point, ReadSyncPoint(*connection, remote_id, SyncDirection::kIncoming));
  return state;
}

Result<ReplicationInfo> DatabaseBroker::ReplicationInfoWithin(Connection& connection) {
  TRY_ASSIGN(ReplicationInfo info, InfoWithin(connection));
  TRY_ASSIGN(info.metadata, RawMetadataWithin(connection));
  TRY_ASSIGN(info.max_row, MaxRowWithin(connection, RowsTable()));
  return info;
}

Result<RowId> DatabaseBroker::MaxRowWithin(Connection& connection, std::string_view table) {
  TRY_ASSIGN(Statement query,
             connection.Prepare("SELECT seq FROM sqlite_sequence WHERE name = ? LIMIT 1"));
  query.Bind(1, table);
  TRY_ASSIGN(const bool known, query.Step());
  return known ? query.Int64(0) : RowId{-1};
}

Result<RowId> DatabaseBroker::GetMaxRow() {
  TRY_ASSIGN(Connection * connection, Connect());
  return MaxRowWithin(*connection, RowsTable());
}

Result<ItemsPage> DatabaseBroker::ItemsSince(RowId after, int limit) {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Statement rows,
             connection->Prepare(StrCat("SELECT * FROM ", RowsTable(),
                                        " WHERE ROWID > ? ORDER BY ROWID ASC LIMIT ?")));
  rows.BindAll(after, limit);
  ItemsPage page;
  page.rows = "[";
  TRY_ASSIGN(bool row, rows.Step());
  const RowJsonWriter writer(rows);  // after the step: the schema may have changed just now
  while (row) {
    if (page.count > 0) page.rows += ", ";
    page.last_row = rows.Int64(0);
    if (auto written = writer.Append(page.rows, rows); !written) {
      return Fail(std::move(written).error().Within(
          StrCat(connection->path(), ": ", RowsTable(), " row ", page.last_row)));
    }
    ++page.count;
    TRY_ASSIGN(row, rows.Step());
  }
  page.rows += "]";
  return page;
}

// ---- Sync points and identity

Result<std::int64_t> DatabaseBroker::GetSync(std::string_view remote_id, SyncDirection direction) {
  TRY_ASSIGN(Connection * connection, Connect());
  return ReadSyncPoint(*connection, remote_id, direction);
}

Result<std::vector<SyncPoint>> DatabaseBroker::GetSyncs(SyncDirection direction) {
  TRY_ASSIGN(Connection * connection, Connect());
  return ReadSyncPoints(*connection, direction);
}

Result<> DatabaseBroker::MergeSyncs(const std::vector<SyncPoint>& points, SyncDirection direction) {
  if (points.empty()) return {};
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  for (const auto& point : points) {
    TRY(RaiseSyncPoint(*connection, point.remote_id, point.sync_point, direction, clock()));
  }
  return transaction.Commit();
}

Result<std::string> DatabaseBroker::GetId() {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const std::string stat, StatTable(*connection));
  TRY_ASSIGN(Statement query, connection->Prepare(StrCat("SELECT id FROM ", stat)));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row) return Fail(MissingStatRow(*connection));
  return query.CheckedUtf8(0);
}

Result<std::string> DatabaseBroker::NewId(std::string_view remote_id) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY_ASSIGN(const std::string stat, StatTable(*connection));
  TRY_ASSIGN(Statement set_id, connection->Prepare(StrCat("UPDATE ", stat, " SET id = ?")));
  std::string id = StrCat(Uuid4(*options_.random), "-", DeviceName(connection->path()));
  set_id.Bind(1, id);
  TRY(set_id.Run());
  TRY_ASSIGN(Statement last, connection->Prepare(StrCat("SELECT ROWID FROM ", RowsTable(),
                                                        " ORDER BY ROWID DESC LIMIT 1")));
  TRY_ASSIGN(const bool any, last.Step());
  const RowId sync_point = any ? last.Int64(0) : RowId{-1};
  last.Reset();
  TRY(ReplaceIncomingSyncPoint(*connection, remote_id, sync_point, clock()));
  TRY(NewIdWithin(*connection));
  TRY(transaction.Commit());
  return id;
}

Result<bool> DatabaseBroker::AreRowsBeyond(RowId last, RowId beyond) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const RowId max_row, MaxRowWithin(*connection, RowsTable()));
  if (max_row < beyond) return false;
  TRY_ASSIGN(Statement next, connection->Prepare(StrCat("SELECT 1 FROM ", RowsTable(),
                                                        " WHERE ROWID > ?1 AND ROWID <= ?2"
                                                        " LIMIT 1")));
  next.BindAll(last, beyond);
  TRY_ASSIGN(const bool any, next.Step());
  return !any;
}

Result<> DatabaseBroker::MoveRowsBeyond(RowId last, RowId beyond) {
  TRY_ASSIGN(const bool are_there, AreRowsBeyond(last, beyond));
  if (are_there) return {};
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY_ASSIGN(const RowId max_row, MaxRowWithin(*connection, RowsTable()));
  // Above all others, so that none is in another's way; their order stays.
  const RowId shift = std::max(max_row, beyond) - last;
  TRY_ASSIGN(Statement move, connection->Prepare(StrCat("UPDATE ", RowsTable(),
                                                        " SET ROWID = ROWID + ?1 WHERE ROWID > ?2"
                                                        " AND ROWID <= ?3")));
  move.BindAll(shift, last, beyond);
  TRY(move.Run());
  TRY_ASSIGN(Statement raise,
             connection->Prepare(StrCat("UPDATE sqlite_sequence SET seq = MAX(seq, ?1, "
                                        "(SELECT IFNULL(MAX(ROWID), 0) FROM ",
                                        RowsTable(), ")) WHERE name = ?2")));
  raise.BindAll(beyond, RowsTable());
  TRY(raise.Run());
  return transaction.Commit();
}

Result<> DatabaseBroker::NewIdWithin(Connection& /*connection*/) { return {}; }

// ---- Timestamps

Result<> DatabaseBroker::UpdateStatusChangedAtWithin(Connection& connection,
                                                     std::string_view timestamp) {
  TRY_ASSIGN(const std::string stat, StatTable(connection));
  TRY_ASSIGN(Statement update,
             connection.Prepare(StrCat("UPDATE ", stat,
                                       " SET status_changed_at = ?1 WHERE status_changed_at < "
                                       "?1")));
  update.Bind(1, timestamp);
  return update.Run();
}

Result<> DatabaseBroker::UpdateStatusChangedAt(std::string_view timestamp) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(UpdateStatusChangedAtWithin(*connection, timestamp));
  return transaction.Commit();
}

Result<> DatabaseBroker::UpdatePutTimestamp(std::string_view timestamp) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY_ASSIGN(const std::string stat, StatTable(*connection));
  TRY_ASSIGN(Statement update,
             connection->Prepare(
                 StrCat("UPDATE ", stat, " SET put_timestamp = ?1 WHERE put_timestamp < ?1")));
  update.Bind(1, timestamp);
  TRY(update.Run());
  return transaction.Commit();
}

Result<> DatabaseBroker::MergeTimestamps(std::string_view created_at,
                                         std::string_view put_timestamp,
                                         std::string_view delete_timestamp) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY_ASSIGN(const bool was_deleted, IsDeletedWithin(*connection));
  TRY_ASSIGN(const std::string stat, StatTable(*connection));
  TRY_ASSIGN(Statement merge,
             connection->Prepare(StrCat("UPDATE ", stat,
                                        " SET created_at = MIN(?1, created_at),"
                                        " put_timestamp = MAX(?2, put_timestamp),"
                                        " delete_timestamp = MAX(?3, delete_timestamp)"
                                        " WHERE created_at > ?1 OR put_timestamp < ?2"
                                        " OR delete_timestamp < ?3")));
  merge.BindAll(created_at, put_timestamp, delete_timestamp);
  TRY(merge.Run());
  TRY_ASSIGN(const bool is_deleted, IsDeletedWithin(*connection));
  if (was_deleted != is_deleted) {
    TRY_ASSIGN(const std::string now, NowTimestamp());
    TRY(UpdateStatusChangedAtWithin(*connection, now));
  }
  return transaction.Commit();
}

// ---- Deletedness

Result<bool> DatabaseBroker::IsDeleted() {
  TRY_ASSIGN(const std::string file, DbFile());
  if (::access(file.c_str(), F_OK) != 0) return true;
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  return IsDeletedWithin(*connection);
}

Result<bool> DatabaseBroker::WasDeletedBefore(const ReplicationInfo& info, double seconds) {
  TRY_ASSIGN(const Timestamp put, Timestamp::Parse(info.put_timestamp));
  TRY_ASSIGN(const Timestamp deleted, Timestamp::Parse(info.delete_timestamp));
  if (!(deleted > put)) return false;
  TRY_ASSIGN(const Timestamp limit, Timestamp::FromSeconds(seconds));
  return limit > deleted;
}

Result<bool> DatabaseBroker::IsReclaimable(double now_seconds, double reclaim_age_seconds) {
  TRY_ASSIGN(const ReplicationInfo info, GetReplicationInfo());
  if (info.count != 0) return false;
  return WasDeletedBefore(info, now_seconds - reclaim_age_seconds);
}

Result<> DatabaseBroker::DeleteDb(std::string_view timestamp) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY_ASSIGN(const Metadata metadata, MetadataWithin(*connection));
  Metadata blanked;
  for (const auto& item : metadata) {
    if (SurvivesDelete(AsciiLower(item.name))) continue;
    blanked.push_back({item.name, "", std::string(timestamp)});
  }
  TRY(MergeMetadataWithin(*connection, blanked, nullptr));
  TRY_ASSIGN(const std::string stat, StatTable(*connection));
  TRY_ASSIGN(Statement mark,
             connection->Prepare(StrCat("UPDATE ", stat,
                                        " SET delete_timestamp = ?1, status = 'DELETED',"
                                        " status_changed_at = ?1 WHERE delete_timestamp < ?1")));
  mark.Bind(1, timestamp);
  TRY(mark.Run());
  return transaction.Commit();
}

bool DatabaseBroker::SurvivesDelete(std::string_view /*lower_case_name*/) const { return false; }

// ---- Setting aside, holding still

Result<Transaction> DatabaseBroker::Lock() {
  TRY_ASSIGN(Connection * connection, Connect());
  return Transaction::Begin(*connection);
}

Result<std::string> DatabaseBroker::Quarantine(std::string_view reason) {
  CloseConnection();
  auto target = QuarantineDirectory(path_, kind());
  if (!target) return Fail(std::move(target).error().Within(reason));
  return target;
}

Error DatabaseBroker::PossiblyQuarantine(Error error) {
  const std::string reason(QuarantineReason(error));
  if (reason.empty()) return error;
  auto target = Quarantine(reason);
  if (!target) return std::move(target).error();
  return Error{
      Errc::kCorrupt, StrCat("Quarantined ", path_, " to ", *target, " due to ", reason), {}};
}

}  // namespace dbrepl
