// The parts of ContainerBroker that bring object rows into the database.
#include <utility>

#include "broker/container_broker.h"
#include "broker/container_migrations.h"
#include "broker/object_item.h"
#include "broker/object_table.h"
#include "common/strings.h"

namespace dbrepl {

Result<> ContainerBroker::MergeItems(std::vector<ObjectItem> items,
                                     const std::optional<std::string>& source) {
  std::optional<RowId> sync_point;
  if (source) {
    if (!items.empty()) sync_point = items.back().row_id;
    if (!sync_point) {
      return Fail(Errc::kBadInput,
                  StrCat("items from ", *source, items.empty() ? ": none" : ": no ROWID"));
    }
  }
  if (items.empty()) return {};
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(MigrateToPolicies(*connection));
  auto merged = MergeObjects(*connection, std::move(items));
  if (!merged) return Fail(std::move(merged).error().Within(connection->path()));
  if (source) {
    TRY(RaiseSyncPoint(*connection, *source, *sync_point, SyncDirection::kIncoming, clock()));
  }
  return transaction.Commit();
}

Result<> ContainerBroker::MergeItemsJson(std::string_view rows,
                                         const std::optional<std::string>& source) {
  TRY_ASSIGN(std::vector<ObjectItem> items, ObjectItemsFromJson(rows));
  return MergeItems(std::move(items), source);
}

Result<> ContainerBroker::PutObject(const ObjectItem& item) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? SqlValue() : SqlValue(text);
  };
  const ObjectRow& row = item.row;
  return PutRecord({row.name, row.created_at, row.size, row.content_type, row.etag, row.deleted,
                    row.storage_policy_index, text_or_null(item.content_type_timestamp),
                    text_or_null(item.meta_timestamp)});
}

// Swift would stop at a record it cannot merge, now and for ever; we leave it out and say so.
Result<> ContainerBroker::MergePending(const std::vector<PicklePtr>& records) {
  std::vector<ObjectItem> items;
  items.reserve(records.size());
  for (const PicklePtr& record : records) {
    auto item = ObjectItemFromPending(*record);
    if (item) {
      items.push_back(*std::move(item));
    } else {
      WarnOfPending(item.error().message);
    }
  }
  return MergeItems(std::move(items));
}

}  // namespace dbrepl
