#include "broker/account_merge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "broker/account_fold.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

constexpr std::string_view kColumns =
    "name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted,"
    " storage_policy_index";

// Columns from `first` on, in the order of kColumns.
ContainerRecord ReadRecord(const Statement& row, int first) {
  return {row.Value(first),     row.Value(first + 1), row.Value(first + 2), row.Value(first + 3),
          row.Value(first + 4), row.Value(first + 5), row.Value(first + 6)};
}

void BindRecord(Statement& statement, const ContainerRecord& record) {
  statement.BindAll(record.name, record.put_timestamp, record.delete_timestamp, record.object_count,
                    record.bytes_used, record.deleted, record.storage_policy_index);
}

Result<Statement> PrepareInsert(Connection& connection) {
  return connection.Prepare(
      StrCat("INSERT INTO container (", kColumns, ") VALUES (?, ?, ?, ?, ?, ?, ?)"));
}

bool IsUtf8OrNoText(const SqlValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || IsValidUtf8(*text);
}

Result<> CheckItem(const Connection& connection, const ContainerRecord& record) {
  if (!std::holds_alternative<std::string>(record.name)) {
    return Fail(Errc::kBadInput, StrCat(connection.path(), ": a container record without a name"));
  }
  for (const auto* value : {&record.name, &record.put_timestamp, &record.delete_timestamp,
                            &record.object_count, &record.bytes_used, &record.deleted}) {
    if (IsUtf8OrNoText(*value)) continue;
    return Fail(Errc::kBadInput,
                StrCat(connection.path(), ": container record \"",
                       Printable(std::get<std::string>(record.name)), "\": not UTF-8"));
  }
  return {};
}

Error AtRecord(Error error, const Connection& connection, const ContainerRecord& record) {
  return std::move(error).Within(
      StrCat(connection.path(), ": container record \"", Printable(ToText(record.name)), "\""));
}

// ---- The fast way: rows looked up in batches, triggers off, their effect folded.

// The one row that the table holds under a name.
struct Known {
  std::int64_t row_id = 0;
  ContainerRecord record;
};
using KnownByName = std::unordered_map<std::string, Known>;

// Looks up as many names as fit into the shape; missing ones are bound as NULL, which finds
// nothing. False when a row is not plain or a name has several.
Result<bool> LookUpSome(Connection& connection, const ContainerItem* items, std::size_t count,
                        std::size_t shape, KnownByName& known) {
  std::string sql =
      StrCat("SELECT ROWID, ", kColumns, " FROM container WHERE deleted IN (0, 1) AND name IN (?");
  sql.reserve(sql.size() + 2 * shape);
  for (std::size_t i = 1; i < shape; ++i) sql += ",?";
  sql += ")";
  TRY_ASSIGN(Statement query, connection.Prepare(sql));
  for (std::size_t i = 0; i < count; ++i) {
    query.Bind(static_cast<int>(i + 1), items[i].record.name);
  }
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return true;
    ContainerRecord record = ReadRecord(query, 1);
    if (!MakePlain(record)) return false;
    const std::int64_t row_id = query.Int64(0);
    std::string name = std::get<std::string>(record.name);
    const auto entry = known.try_emplace(std::move(name), Known{row_id, std::move(record)}).first;
    if (entry->second.row_id != row_id) return false;
  }
}

Result<bool> LookUpAll(Connection& connection, const std::vector<ContainerItem>& items,
                       KnownByName& known) {
  constexpr std::size_t kLarge = 256;
  constexpr std::size_t kSmall = 16;
  for (std::size_t done = 0; done < items.size();) {
    const std::size_t left = items.size() - done;
    const std::size_t shape = left >= kLarge ? kLarge : left > 1 ? kSmall : 1;
    const std::size_t count = std::min(left, shape);
    TRY_ASSIGN(const bool plain, LookUpSome(connection, items.data() + done, count, shape, known));
    if (!plain) return false;
    done += count;
  }
  return true;
}

class FoldedMerge {
 public:
  static Result<FoldedMerge> Begin(Connection& connection, KnownByName known,
                                   UnchangedRow unchanged) {
    TRY_ASSIGN(AccountFold fold, AccountFold::Begin(connection));
    TRY_ASSIGN(Statement remove, connection.Prepare("DELETE FROM container WHERE ROWID = ?"));
    TRY_ASSIGN(Statement insert, PrepareInsert(connection));
    return FoldedMerge(connection, std::move(known), unchanged, std::move(fold), std::move(remove),
                       std::move(insert));
  }

  Result<> Merge(ContainerRecord record) {
    const auto found = known_.find(std::get<std::string>(record.name));
    if (found != known_.end()) {
      TRY_ASSIGN(record, MergeContainerRecords(found->second.record, std::move(record)));
      if (unchanged_ == UnchangedRow::kStays && found->second.record == record) return {};
      TRY(Remove(found->second));
    }
    BindRecord(insert_, record);
    TRY(insert_.Run());
    TRY(fold_.Insert(record));
    Known& entry =
        found != known_.end() ? found->second : known_[std::get<std::string>(record.name)];
    entry = {connection_.LastInsertRowId(), std::move(record)};
    return {};
  }

  Result<> End() { return fold_.Write(connection_); }

 private:
  FoldedMerge(Connection& connection, KnownByName known, UnchangedRow unchanged, AccountFold fold,
              Statement remove, Statement insert)
      : connection_(connection),
        known_(std::move(known)),
        unchanged_(unchanged),
        fold_(std::move(fold)),
        remove_(std::move(remove)),
        insert_(std::move(insert)) {}

  Result<> Remove(const Known& known) {
    remove_.Bind(1, known.row_id);
    TRY(remove_.Run());
    return fold_.Delete(known.record);
  }

  Connection& connection_;
  KnownByName known_;
  UnchangedRow unchanged_;
  AccountFold fold_;
  Statement remove_;
  Statement insert_;
};

// The plain form of the items, and what is there under their names; nullopt when something is not
// plain, the triggers are not the known ones, or names repeat in the table.
struct FoldedWork {
  std::vector<ContainerItem> items;
  KnownByName known;
};
Result<std::optional<FoldedWork>> PrepareFolded(Connection& connection,
                                                const std::vector<ContainerItem>& items) {
  TRY_ASSIGN(const bool applies, AccountFold::Applies(connection));
  TRY_ASSIGN(const bool indexed, connection.HasIndex("ix_container_deleted_name"));
  if (!applies || !indexed) return std::nullopt;
  FoldedWork work;
  work.items = items;
  for (auto& item : work.items) {
    if (!MakePlain(item.record)) return std::nullopt;
  }
  TRY_ASSIGN(const bool plain, LookUpAll(connection, work.items, work.known));
  if (!plain) return std::nullopt;
  return work;
}

// ---- Swift's own way, one row after the other with triggers: for everything out of the ordinary.

// Would storing `record` change anything about the only row with its name? Counts that are no
// integers are compared as they came.
bool IsStoredAlready(ContainerRecord record, ContainerRecord existing) {
  for (ContainerRecord* side : {&record, &existing}) {
    for (SqlValue* count :
         {&side->object_count, &side->bytes_used, &side->deleted, &side->storage_policy_index}) {
      if (const auto plain = PlainInteger(*count)) *count = *plain;
    }
  }
  return record == existing;
}

Result<> MergeOneWithTriggers(Connection& connection, ContainerRecord record,
                              std::string_view deleted_condition, UnchangedRow unchanged) {
  {
    TRY_ASSIGN(Statement query,
               connection.Prepare(StrCat("SELECT ", kColumns, " FROM container WHERE name = ?",
                                         deleted_condition)));
    query.Bind(1, record.name);
    TRY_ASSIGN(const bool known, query.Step());
    if (known) {
      const ContainerRecord existing = ReadRecord(query, 0);
      TRY_ASSIGN(record, MergeContainerRecords(existing, std::move(record)));
      TRY_ASSIGN(const bool more, query.Step());
      if (unchanged == UnchangedRow::kStays && !more && IsStoredAlready(record, existing))
        return {};
    }
  }
  TRY_ASSIGN(Statement remove,
             connection.Prepare("DELETE FROM container WHERE name = ? AND deleted IN (0, 1)"));
  remove.Bind(1, record.name);
  TRY(remove.Run());
  TRY_ASSIGN(Statement insert, PrepareInsert(connection));
  BindRecord(insert, record);
  return insert.Run();
}

Result<> MergeWithTriggers(Connection& connection, const std::vector<ContainerItem>& items,
                           UnchangedRow unchanged) {
  connection.UseTriggers(true);
  TRY_ASSIGN(const bool indexed, connection.HasIndex("ix_container_deleted_name"));
  for (const auto& item : items) {
    auto merged = MergeOneWithTriggers(connection, item.record,
                                       indexed ? " AND deleted IN (0, 1)" : "", unchanged);
    if (!merged) return Fail(AtRecord(std::move(merged).error(), connection, item.record));
  }
  return {};
}

}  // namespace

Result<> MergeContainers(Connection& connection, const std::vector<ContainerItem>& items,
                         UnchangedRow unchanged) {
  for (const auto& item : items) TRY(CheckItem(connection, item.record));
  connection.UseTriggers(false);
  TRY_ASSIGN(std::optional<FoldedWork> work, PrepareFolded(connection, items));
  if (!work) return MergeWithTriggers(connection, items, unchanged);
  TRY_ASSIGN(FoldedMerge merge, FoldedMerge::Begin(connection, std::move(work->known), unchanged));
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto merged = merge.Merge(std::move(work->items[i].record));
    if (!merged) return Fail(AtRecord(std::move(merged).error(), connection, items[i].record));
  }
  return merge.End();
}

}  // namespace dbrepl
