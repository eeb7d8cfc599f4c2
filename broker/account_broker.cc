#include "broker/account_broker.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "broker/account_merge.h"
#include "broker/account_migration.h"
#include "broker/item_reader.h"
#include "broker/pickle_value.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

Result<bool> IsLaterTime(std::string_view left, std::string_view right) {
  TRY_ASSIGN(const Timestamp left_time, Timestamp::Parse(left));
  TRY_ASSIGN(const Timestamp right_time, Timestamp::Parse(right));
  return left_time > right_time;
}

// Members of one item of a peer's merge_items call.
class ContainerItemHandler final : public ItemHandler {
 public:
  explicit ContainerItemHandler(std::vector<ContainerItem>& items) : items_(items) {}

  void Member(std::string_view name, SqlValue value) override {
    if (name == "ROWID") {
      item_.row_id = PlainInteger(value);
      return;
    }
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
      if (kMembers[i].name != name) continue;
      item_.record.*kMembers[i].value = std::move(value);
      seen_[i] = true;
      return;
    }
  }

  Result<> EndItem() override {
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
      if (!seen_[i] && kMembers[i].required) {
        return Fail(Errc::kBadInput, StrCat("no member \"", kMembers[i].name, "\""));
      }
    }
    items_.push_back(std::exchange(item_, {}));
    seen_.fill(false);
    return {};
  }

 private:
  struct MemberOf {
    std::string_view name;
    SqlValue ContainerRecord::*value;
    bool required;
  };
  static constexpr std::array<MemberOf, 7> kMembers{{
      {"name", &ContainerRecord::name, true},
      {"put_timestamp", &ContainerRecord::put_timestamp, true},
      {"delete_timestamp", &ContainerRecord::delete_timestamp, true},
      {"object_count", &ContainerRecord::object_count, true},
      {"bytes_used", &ContainerRecord::bytes_used, true},
      {"deleted", &ContainerRecord::deleted, true},
      {"storage_policy_index", &ContainerRecord::storage_policy_index, false},
  }};

  std::vector<ContainerItem>& items_;
  ContainerItem item_;
  std::array<bool, 7> seen_{};
};

Result<> CheckTimestamp(const SqlValue& value) {
  if (IsNull(value)) return {};
  TRY(Timestamp::Parse(ToText(value)));
  return {};
}

// A tuple of the pending file: six fields, and the policy since Swift 2.0.
Result<ContainerItem> FromPending(const PickleValue& pickle) {
  TRY_ASSIGN(const std::vector<SqlValue> fields, TupleFields(pickle, 6));
  ContainerItem item;
  item.record = {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], std::int64_t{0}};
  if (fields.size() > 6) item.record.storage_policy_index = fields[6];
  if (IsNull(item.record.name)) return Fail(Errc::kBadInput, "no name");
  TRY(CheckTimestamp(item.record.put_timestamp));
  TRY(CheckTimestamp(item.record.delete_timestamp));
  return item;
}

Result<std::int64_t> HighestRowId(const std::vector<ContainerItem>& items) {
  std::int64_t highest = -1;
  for (const auto& item : items) {
    if (!item.row_id) return Fail(Errc::kBadInput, "items: an item of a peer without ROWID");
    highest = std::max(highest, *item.row_id);
  }
  return highest;
}

}  // namespace

Result<> AccountBroker::MergeItems(const std::vector<ContainerItem>& items,
                                   const std::optional<std::string>& source) {
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  if (!items.empty()) {
    TRY(MaxRowWithin(*connection, RowsTable()));  // a first statement, so that the schema is known
    TRY(MigrateContainerPolicies(*connection));
    TRY(MergeContainers(
        *connection, items,
        options().renew_unchanged_rows ? UnchangedRow::kRenewed : UnchangedRow::kStays));
  }
  if (source) {
    TRY_ASSIGN(const std::int64_t highest, HighestRowId(items));
    TRY(RaiseSyncPoint(*connection, *source, highest, SyncDirection::kIncoming, clock()));
  }
  return transaction.Commit();
}

Result<> AccountBroker::MergeItemsJson(std::string_view rows,
                                       const std::optional<std::string>& source) {
  std::vector<ContainerItem> items;
  ContainerItemHandler handler(items);
  TRY(ReadItems(rows, handler));
  return MergeItems(items, source);
}

Result<> AccountBroker::MergePending(const std::vector<PicklePtr>& records) {
  std::vector<ContainerItem> items;
  items.reserve(records.size());
  for (const auto& record : records) {
    auto item = FromPending(*record);
    if (item) {
      items.push_back(*std::move(item));
    } else {
      WarnOfPending(item.error().message);
    }
  }
  if (items.empty()) return {};
  return MergeItems(items, std::nullopt);
}

Result<> AccountBroker::PutContainer(const ContainerRecord& record) {
  TRY_ASSIGN(const bool deleted_last,
             IsLaterTime(ToText(record.delete_timestamp), ToText(record.put_timestamp)));
  const std::int64_t deleted = deleted_last && IsZeroLike(record.object_count) ? 1 : 0;
  return PutRecord({record.name, record.put_timestamp, record.delete_timestamp, record.object_count,
                    record.bytes_used, deleted, record.storage_policy_index});
}

Result<std::vector<AccountPolicyStats>> AccountBroker::GetPolicyStats(Migrate migrate) {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  if (migrate == Migrate::kYes) {
    TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
    TRY(MaxRowWithin(*connection, RowsTable()));
    TRY(MigratePolicyContainerCount(*connection));
    TRY(transaction.Commit());
  }
  TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY(MaxRowWithin(*connection, RowsTable()));
  std::vector<AccountPolicyStats> all;
  TRY_ASSIGN(const bool has_table, connection->HasTable("policy_stat"));
  if (!has_table) return all;
  TRY_ASSIGN(const bool counted, connection->HasColumn("policy_stat", "container_count"));
  TRY_ASSIGN(Statement query,
             connection->Prepare(counted ? "SELECT storage_policy_index, object_count, bytes_used,"
                                           " container_count FROM policy_stat"
                                         : "SELECT storage_policy_index, object_count, bytes_used"
                                           " FROM policy_stat"));
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return all;
    AccountPolicyStats stats;
    stats.storage_policy_index = query.Int64(0);
    TRY_ASSIGN(stats.object_count, query.CheckedInt64(1));
    TRY_ASSIGN(stats.bytes_used, query.CheckedInt64(2));
    if (counted) {
      TRY_ASSIGN(stats.container_count, query.CheckedInt64(3));
    }
    all.push_back(stats);
  }
}

Result<ReplicationInfo> AccountBroker::InfoWithin(Connection& connection) {
  TRY_ASSIGN(Statement query,
             connection.Prepare("SELECT account, created_at, put_timestamp, delete_timestamp,"
                                " status_changed_at, hash, id, container_count, object_count,"
                                " bytes_used FROM account_stat"));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row) return Fail(MissingStatRow(connection));
  ReplicationInfo info;
  info.kind = DbKind::kAccount;
  TRY_ASSIGN(info.account, query.CheckedUtf8(0));
  TRY_ASSIGN(info.created_at, query.CheckedUtf8(1));
  TRY_ASSIGN(info.put_timestamp, query.CheckedUtf8(2));
  TRY_ASSIGN(info.delete_timestamp, query.CheckedUtf8(3));
  TRY_ASSIGN(info.status_changed_at, query.CheckedUtf8(4));
  TRY_ASSIGN(info.hash, query.CheckedUtf8(5));
  TRY_ASSIGN(info.id, query.CheckedUtf8(6));
  TRY_ASSIGN(info.count, query.CheckedInt64(7));
  TRY_ASSIGN(info.object_count, query.CheckedInt64(8));
  TRY_ASSIGN(info.bytes_used, query.CheckedInt64(9));
  return info;
}

Result<bool> AccountBroker::IsDeletedWithin(Connection& connection) {
  TRY_ASSIGN(Statement query, connection.Prepare("SELECT status, container_count, delete_timestamp,"
                                                 " put_timestamp FROM account_stat"));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row) return Fail(MissingStatRow(connection));
  if (query.Text(0) == "DELETED") return true;
  if (!IsZeroLike(query.Value(1))) return false;
  auto deleted = IsLaterTime(query.Text(2), query.Text(3));
  if (!deleted) return Fail(std::move(deleted).error().Within(connection.path()));
  return deleted;
}

Result<bool> AccountBroker::Empty() {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Statement query, connection->Prepare("SELECT container_count FROM account_stat"));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row) return Fail(MissingStatRow(*connection));
  return IsZeroLike(query.Value(0));
}

}  // namespace dbrepl
