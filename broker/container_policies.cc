// The parts of ContainerBroker that concern storage policies: which one is the container's, counts
// per policy, and rows that are of another one.
#include <utility>

#include "broker/container_broker.h"
#include "broker/container_migrations.h"

namespace dbrepl {

Result<> ContainerBroker::SetStoragePolicyIndex(std::int64_t index, std::string_view timestamp) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(MigrateToPolicies(*connection));
  {
    TRY_ASSIGN(Statement insert,
               connection->Prepare("INSERT OR IGNORE INTO policy_stat (storage_policy_index)"
                                   " VALUES (?)"));
    insert.Bind(1, index);
    TRY(insert.Run());
    TRY_ASSIGN(Statement update,
               connection->Prepare("UPDATE container_info SET storage_policy_index = ?1,"
                                   " status_changed_at = MAX(?2, status_changed_at)"
                                   " WHERE storage_policy_index <> ?1"));
    update.BindAll(index, timestamp);
    TRY(update.Run());
  }
  return transaction.Commit();
}

Result<std::map<std::int64_t, ObjectStats>> ContainerBroker::PolicyStats() {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(*connection));
  TRY_ASSIGN(Statement query,
             connection->Prepare(schema.has_policies
                                     ? "SELECT storage_policy_index, object_count, bytes_used"
                                       " FROM policy_stat"
                                     : "SELECT 0, object_count, bytes_used FROM container_stat"));
  std::map<std::int64_t, ObjectStats> stats;
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return stats;
    ObjectStats& policy = stats[query.Int64(0)];
    TRY_ASSIGN(policy.object_count, query.CheckedInt64(1));
    TRY_ASSIGN(policy.bytes_used, query.CheckedInt64(2));
  }
}

Result<bool> ContainerBroker::HasMultiplePolicies() {
  TRY_ASSIGN(const auto stats, PolicyStats());
  return stats.size() > 1;
}

Result<std::vector<StoredObject>> ContainerBroker::MisplacedSince(RowId after, int limit) {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  std::vector<StoredObject> rows;
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(*connection));
  if (!schema.has_policies) return rows;
  TRY_ASSIGN(Statement query,
             connection->Prepare("SELECT ROWID, name, created_at, size, content_type, etag,"
                                 " deleted, storage_policy_index FROM object WHERE ROWID > ?"
                                 " AND storage_policy_index !="
                                 " (SELECT storage_policy_index FROM container_info LIMIT 1)"
                                 " ORDER BY ROWID LIMIT ?"));
  query.BindAll(after, limit);
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return rows;
    StoredObject& stored = rows.emplace_back();
    stored.row_id = query.Int64(0);
    TRY_ASSIGN(stored.row.name, query.CheckedUtf8(1));
    TRY_ASSIGN(stored.row.created_at, query.CheckedUtf8(2));
    TRY_ASSIGN(stored.row.size, query.CheckedInt64(3));
    TRY_ASSIGN(stored.row.content_type, query.CheckedUtf8(4));
    TRY_ASSIGN(stored.row.etag, query.CheckedUtf8(5));
    TRY_ASSIGN(stored.row.deleted, query.CheckedInt64(6));
    TRY_ASSIGN(stored.row.storage_policy_index, query.CheckedInt64(7));
  }
}

Result<RowId> ContainerBroker::GetReconcilerSync() {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(*connection));
  if (!schema.has_policies) return RowId{-1};
  TRY_ASSIGN(Statement query,
             connection->Prepare("SELECT reconciler_sync_point FROM container_info"));
  TRY_ASSIGN(const bool row, query.Step());
  return row ? query.Int64(0) : RowId{-1};
}

Result<> ContainerBroker::UpdateReconcilerSync(RowId point) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(MigrateToPolicies(*connection));
  TRY_ASSIGN(Statement update,
             connection->Prepare("UPDATE container_info SET reconciler_sync_point = ?"));
  update.Bind(1, point);
  TRY(update.Run());
  return transaction.Commit();
}

}  // namespace dbrepl
