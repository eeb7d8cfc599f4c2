#include "broker/object_fold.h"

#include <string>
#include <utility>

namespace dbrepl {

namespace {

// True when the object table has the triggers that we fold, the one that forbids updates, and no
// other.
Result<bool> HasKnownTriggers(Connection& connection) {
  TRY_ASSIGN(Statement query,
             connection.Prepare("SELECT count(*), sum(name IN ('object_insert_policy_stat',"
                                " 'object_delete_policy_stat')), sum(name = 'object_update')"
                                " FROM sqlite_master WHERE type = 'trigger'"
                                " AND tbl_name = 'object'"));
  TRY(query.Step());
  const std::int64_t all = query.Int64(0);
  const std::int64_t folded = query.Int64(1);
  return folded == 2 && all == folded + query.Int64(2);
}

// nullopt when there is not exactly one row with a hash in it.
Result<std::optional<RowHash>> ReadHash(Connection& connection) {
  TRY_ASSIGN(Statement query, connection.Prepare("SELECT hash FROM container_info LIMIT 2"));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row || query.ColumnType(0) != Statement::Type::kText) return std::nullopt;
  const auto hash = RowHash::Parse(query.Text(0));
  TRY_ASSIGN(const bool second_row, query.Step());
  if (!hash || second_row) return std::nullopt;
  return *hash;
}

}  // namespace

Result<std::optional<ObjectFold>> ObjectFold::Begin(Connection& connection) {
  TRY_ASSIGN(const bool known, HasKnownTriggers(connection));
  if (!known) return std::nullopt;
  TRY_ASSIGN(const std::optional<RowHash> hash, ReadHash(connection));
  if (!hash) return std::nullopt;
  return ObjectFold(*hash);
}

bool ObjectFold::Sums::Add(const ObjectRow& row) {
  std::int64_t alive = 0;
  return !__builtin_sub_overflow(std::int64_t{1}, row.deleted, &alive) &&
         !__builtin_add_overflow(objects, alive, &objects) &&
         !__builtin_add_overflow(bytes, row.size, &bytes);
}

ObjectFold::Policy& ObjectFold::PolicyOf(const ObjectRow& row) {
  for (Policy& policy : policies_) {
    if (policy.index == row.storage_policy_index) return policy;
  }
  return policies_.emplace_back(Policy{row.storage_policy_index, {}, {}});
}

bool ObjectFold::Delete(const ObjectRow& row) {
  hash_.Toggle(row.name, row.created_at);
  return PolicyOf(row).deleted.Add(row);
}

bool ObjectFold::Insert(const ObjectRow& row) {
  hash_.Toggle(row.name, row.created_at);
  Policy& policy = PolicyOf(row);
  policy.any_inserted = true;
  return policy.inserted.Add(row);
}

Result<> ObjectFold::Write(Connection& connection) const {
  for (const Policy& policy : policies_) TRY(WritePolicy(connection, policy));
  TRY_ASSIGN(Statement update, connection.Prepare("UPDATE container_info SET hash = ?"));
  const std::string hex = hash_.Hex();
  update.Bind(1, hex);
  return update.Run();
}

// Deletions never make a policy's row, insertions do: as the triggers have it.
Result<> ObjectFold::WritePolicy(Connection& connection, const Policy& policy) {
  TRY_ASSIGN(Statement update, connection.Prepare("UPDATE policy_stat SET"
                                                  " object_count = object_count - ?1 + ?2,"
                                                  " bytes_used = bytes_used - ?3 + ?4"
                                                  " WHERE storage_policy_index = ?5"));
  const Sums& deleted = policy.deleted;
  const Sums& inserted = policy.inserted;
  update.BindAll(deleted.objects, inserted.objects, deleted.bytes, inserted.bytes, policy.index);
  TRY(update.Run());
  if (connection.Changes() > 0 || !policy.any_inserted) return {};
  TRY_ASSIGN(Statement insert,
             connection.Prepare("INSERT INTO policy_stat"
                                " (storage_policy_index, object_count, bytes_used)"
                                " VALUES (?, ?, ?)"));
  insert.BindAll(policy.index, inserted.objects, inserted.bytes);
  return insert.Run();
}

}  // namespace dbrepl
