#include "broker/container_broker.h"

#include <utility>

#include "broker/container_migrations.h"
#include "broker/db_path.h"
#include "common/check.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

ContainerBroker::ContainerBroker(std::string path, BrokerOptions options, Files files)
    : DatabaseBroker(std::move(path), std::move(options)), files_(files) {}

// ---- Files

Result<std::vector<std::string>> ContainerBroker::DbFiles() {
  if (db_files_.empty()) {
    TRY_ASSIGN(db_files_, ListDbFiles(path()));
  }
  return db_files_;
}

void ContainerBroker::ReloadFiles() {
  db_files_.clear();
  CloseConnection();
}

Result<std::string> ContainerBroker::DbFile() {
  if (files_ == Files::kExactly) return path();
  TRY_ASSIGN(const std::vector<std::string> files, DbFiles());
  return files.empty() ? path() : files.back();
}

ContainerBroker ContainerBroker::RetiringBroker() const {
  CHECK(db_files_.size() >= 2);
  BrokerOptions retiring = options();
  retiring.skip_commits = true;
  return ContainerBroker(db_files_[db_files_.size() - 2], std::move(retiring), Files::kExactly);
}

Result<std::string> ContainerBroker::StatTable(Connection& connection) {
  return ContainerStatTable(connection);
}

// ---- What the database says about itself

Result<ReplicationInfo> ContainerBroker::StoredInfoWithin(Connection& connection) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  TRY_ASSIGN(Statement query,
             connection.Prepare(StrCat(
                 "SELECT account, container, created_at, put_timestamp, delete_timestamp, status,"
                 " status_changed_at, object_count, bytes_used, reported_put_timestamp,"
                 " reported_delete_timestamp, reported_object_count, reported_bytes_used, hash, id",
                 schema.has_sync_points ? ", x_container_sync_point1, x_container_sync_point2"
                                        : ", -1, -1",
                 schema.has_policies ? ", storage_policy_index" : ", 0", " FROM container_stat")));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row) return Fail(MissingStatRow(connection));
  ReplicationInfo info;
  info.kind = DbKind::kContainer;
  TRY_ASSIGN(info.account, query.CheckedUtf8(0));
  TRY_ASSIGN(info.container, query.CheckedUtf8(1));
  TRY_ASSIGN(info.created_at, query.CheckedUtf8(2));
  TRY_ASSIGN(info.put_timestamp, query.CheckedUtf8(3));
  TRY_ASSIGN(info.delete_timestamp, query.CheckedUtf8(4));
  TRY_ASSIGN(info.status, query.CheckedUtf8(5));
  TRY_ASSIGN(info.status_changed_at, query.CheckedUtf8(6));
  TRY_ASSIGN(info.object_count, query.CheckedInt64(7));
  info.count = info.object_count;
  TRY_ASSIGN(info.bytes_used, query.CheckedInt64(8));
  TRY_ASSIGN(info.reported_put_timestamp, query.CheckedUtf8(9));
  TRY_ASSIGN(info.reported_delete_timestamp, query.CheckedUtf8(10));
  TRY_ASSIGN(info.reported_object_count, query.CheckedInt64(11));
  TRY_ASSIGN(info.reported_bytes_used, query.CheckedInt64(12));
  TRY_ASSIGN(info.hash, query.CheckedUtf8(13));
  TRY_ASSIGN(info.id, query.CheckedUtf8(14));
  TRY_ASSIGN(info.x_container_sync_point1, query.CheckedInt64(15));
  TRY_ASSIGN(info.x_container_sync_point2, query.CheckedInt64(16));
  TRY_ASSIGN(info.storage_policy_index, query.CheckedInt64(17));
  return info;
}

Result<ReplicationInfo> ContainerBroker::InfoWithin(Connection& connection) {
  TRY_ASSIGN(ReplicationInfo info, StoredInfoWithin(connection));
  TRY_ASSIGN(const DbState state, StateWithin(connection));
  TRY_ASSIGN(const std::optional<ObjectStats> stats, AlternateStatsWithin(connection, state));
  if (stats) {
    info.object_count = info.count = stats->object_count;
    info.bytes_used = stats->bytes_used;
  }
  info.db_state = DbStateName(state);
  TRY_ASSIGN(info.shard_max_row, MaxRowWithin(connection, "shard_range"));
  return info;
}

Result<std::string> ContainerBroker::NameWithin(Connection& connection) {
  TRY_ASSIGN(const ReplicationInfo info, StoredInfoWithin(connection));
  return StrCat(info.account, "/", info.container);
}

bool ContainerBroker::IsReportUpToDate(const ReplicationInfo& info) {
  return info.reported_put_timestamp == info.put_timestamp &&
         info.reported_delete_timestamp == info.delete_timestamp &&
         info.reported_bytes_used == info.bytes_used && info.reported_object_count == info.count;
}

// ---- Deletedness

Result<bool> ContainerBroker::IsDeletedWithin(Connection& connection) {
  TRY_ASSIGN(const ReplicationInfo info, InfoWithin(connection));
  if (info.count != 0) return false;
  TRY_ASSIGN(const Timestamp put, Timestamp::Parse(info.put_timestamp));
  TRY_ASSIGN(const Timestamp deleted, Timestamp::Parse(info.delete_timestamp));
  return deleted > put;
}

Result<bool> ContainerBroker::HasNoObjectsWithin(Connection& connection) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  TRY_ASSIGN(Statement query,
             connection.Prepare(schema.has_policies ? "SELECT max(object_count) FROM policy_stat"
                                                    : "SELECT object_count FROM container_stat"));
  TRY_ASSIGN(const bool row, query.Step());
  return !row || IsZeroLike(query.Value(0));
}

Result<bool> ContainerBroker::Empty() {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const bool has_none, HasNoObjectsWithin(*connection));
  if (!has_none) return false;
  TRY_ASSIGN(const DbState state, StateWithin(*connection));
  if (state == DbState::kSharding) {
    ContainerBroker retiring = RetiringBroker();
    TRY_ASSIGN(Connection * retired, retiring.Connect());
    TRY_ASSIGN(const bool retired_has_none, retiring.HasNoObjectsWithin(*retired));
    if (!retired_has_none) return false;
  }
  TRY_ASSIGN(const bool is_root, IsRootWithin(*connection));
  if (!is_root) return true;
  TRY_ASSIGN(const bool sharding, ShardingInitiatedWithin(*connection));
  if (!sharding) return true;
  TRY_ASSIGN(const ObjectStats usage, ShardUsageWithin(*connection));
  return usage.object_count <= 0;
}

Result<bool> ContainerBroker::IsReclaimable(double now_seconds, double reclaim_age_seconds) {
  TRY_ASSIGN(Connection * connection, Connect());
  {
    TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
    TRY_ASSIGN(const ReplicationInfo info, StoredInfoWithin(*connection));
    TRY_ASSIGN(const bool was_deleted, WasDeletedBefore(info, now_seconds - reclaim_age_seconds));
    if (!was_deleted) return false;
    TRY_ASSIGN(const bool is_root, IsRootWithin(*connection));
    if (is_root) {
      TRY_ASSIGN(const DbState state, StateWithin(*connection));
      if (state == DbState::kSharding) return false;
      const std::string name = StrCat(info.account, "/", info.container);
      TRY_ASSIGN(const std::vector<ShardRange> others, ReadShardRanges(*connection, name));
      if (!others.empty()) return false;
    }
  }
  return Empty();
}

bool ContainerBroker::SurvivesDelete(std::string_view lower_case_name) const {
  return lower_case_name == "x-container-sysmeta-shard-quoted-root" ||
         lower_case_name == "x-container-sysmeta-shard-root" ||
         lower_case_name == "x-container-sysmeta-sharding";
}

// ---- Identity and reclaiming

// What was reported to the account was reported for the database this one was copied from.
Result<> ContainerBroker::NewIdWithin(Connection& connection) {
  TRY_ASSIGN(const std::string stat, StatTable(connection));
  TRY_ASSIGN(Statement update,
             connection.Prepare(StrCat("UPDATE ", stat,
                                       " SET reported_put_timestamp = 0,"
                                       " reported_delete_timestamp = 0,"
                                       " reported_object_count = 0, reported_bytes_used = 0")));
  return update.Run();
}

Result<bool> ContainerBroker::ReclaimOthersWithin(Connection& connection, double /*age_seconds*/,
                                                  double sync_age_seconds, ReclaimMode mode) {
  TRY_ASSIGN(const bool has_ranges, EverHadShardRangesWithin(connection));
  if (!has_ranges) return false;
  TRY_ASSIGN(const std::string name, NameWithin(connection));
  return ReclaimShardRanges(connection, name, sync_age_seconds, mode);
}

}  // namespace dbrepl
