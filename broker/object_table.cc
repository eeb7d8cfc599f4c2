#include "broker/object_table.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "broker/object_fold.h"
#include "broker/object_merge.h"
#include "broker/trigger_scope.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// Names per look-up: few texts, so that their statements stay prepared; Swift looks up 999 at once.
constexpr std::size_t kLookupSizes[] = {8, 64, 999};
// Rows per INSERT: more bring nothing (measured), fewer cost up to twice the time.
constexpr std::size_t kInsertRows = 10;
constexpr int kInsertColumns = 7;

std::string Repeat(std::string_view piece, std::size_t count) {
  std::string text(piece);
  text.reserve((piece.size() + 1) * count);
  for (std::size_t i = 1; i < count; ++i) text.append(1, ',').append(piece);
  return text;
}

// The plan for one batch and whether its rows are what the fold can reckon with.
class BatchMerge {
 public:
  BatchMerge(Connection& connection, std::vector<TimedObject> items)
      : connection_(connection), plan_(std::move(items)) {}

  Result<> Run() {
    TRY(FindExisting());
    TRY(plan_.Decide());
    if (plan_.winners().empty()) return {};
    TRY_ASSIGN(const std::optional<ObjectFold> fold, Fold());
    std::optional<TriggerScope> triggers;
    if (!fold) triggers.emplace(connection_);
    TRY(DeleteSuperseded());
    TRY(InsertWinners());
    return fold ? fold->Write(connection_) : Result<>();
  }

 private:
  Result<> FindExisting();
  Result<> LookUp(const std::vector<std::string_view>& names, std::size_t first,
                  std::size_t lookup_size);
  Result<> ReadExisting(Statement& row);
  Result<std::optional<ObjectFold>> Fold();
  Result<> DeleteSuperseded();
  Result<> InsertWinners();
  Result<> InsertRows(std::size_t first, std::size_t count);

  Connection& connection_;
  ObjectMergePlan plan_;
  bool has_name_index_ = true;
  bool odd_rows_ = false;  // a column holds something that is neither our integer nor our text
};

Result<> BatchMerge::FindExisting() {
  TRY_ASSIGN(has_name_index_, connection_.HasIndex("ix_object_deleted_name"));
  const auto names = plan_.Names();
  for (std::size_t first = 0; first < names.size();) {
    std::size_t size = std::size(kLookupSizes);
    for (const std::size_t candidate : kLookupSizes) {
      size = candidate;
      if (names.size() - first <= candidate) break;
    }
    TRY(LookUp(names, first, size));
    first += size;
  }
  return {};
}

// Looks up names[first ...], as many as there are; places left over repeat the last one.
Result<> BatchMerge::LookUp(const std::vector<std::string_view>& names, std::size_t first,
                            std::size_t lookup_size) {
  TRY_ASSIGN(Statement query,
             connection_.Prepare(StrCat("SELECT ROWID, name, created_at, size, content_type, etag,"
                                        " deleted, storage_policy_index FROM object WHERE ",
                                        has_name_index_ ? "deleted IN (0, 1) AND " : "",
                                        "name IN (", Repeat("?", lookup_size), ")")));
  for (std::size_t i = 0; i < lookup_size; ++i) {
    query.Bind(static_cast<int>(i) + 1, names[std::min(first + i, names.size() - 1)]);
  }
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return {};
    TRY(ReadExisting(query));
  }
}

Result<> BatchMerge::ReadExisting(Statement& row) {
  using Type = Statement::Type;
  odd_rows_ = odd_rows_ || row.ColumnType(3) != Type::kInteger ||
              row.ColumnType(6) != Type::kInteger || row.ColumnType(7) != Type::kInteger ||
              row.ColumnType(2) != Type::kText;
  StoredObject stored;
  stored.row_id = row.Int64(0);
  TRY_ASSIGN(stored.row.name, row.CheckedUtf8(1));
  TRY_ASSIGN(stored.row.created_at, row.CheckedUtf8(2));
  stored.row.size = row.Int64(3);
  TRY_ASSIGN(stored.row.content_type, row.CheckedUtf8(4));
  TRY_ASSIGN(stored.row.etag, row.CheckedUtf8(5));
  stored.row.deleted = row.Int64(6);
  stored.row.storage_policy_index = row.Int64(7);
  plan_.AddExisting(std::move(stored));
  return {};
}

Result<std::optional<ObjectFold>> BatchMerge::Fold() {
  if (odd_rows_) return std::nullopt;
  TRY_ASSIGN(std::optional<ObjectFold> fold, ObjectFold::Begin(connection_));
  if (!fold) return std::nullopt;
  for (const StoredObject* stored : plan_.superseded()) {
    if (!fold->Delete(stored->row)) return std::nullopt;
  }
  for (const TimedObject* winner : plan_.winners()) {
    if (!fold->Insert(winner->row)) return std::nullopt;
  }
  return fold;
}

Result<> BatchMerge::DeleteSuperseded() {
  if (plan_.superseded().empty()) return {};
  TRY_ASSIGN(Statement work, connection_.Prepare("DELETE FROM object WHERE ROWID = ?"));
  for (const StoredObject* stored : plan_.superseded()) {
    work.Bind(1, stored->row_id);
    TRY(work.Run());
  }
  return {};
}

Result<> BatchMerge::InsertWinners() {
  const std::size_t count = plan_.winners().size();
  std::size_t first = 0;
  for (; count - first >= kInsertRows; first += kInsertRows) TRY(InsertRows(first, kInsertRows));
  for (; first < count; ++first) TRY(InsertRows(first, 1));
  return {};
}

Result<> BatchMerge::InsertRows(std::size_t first, std::size_t count) {
  static const std::string kColumns =
      "INSERT INTO object (name, created_at, size, content_type, etag, deleted,"
      " storage_policy_index) VALUES ";
  static const std::string kOne = StrCat(kColumns, Repeat("(?,?,?,?,?,?,?)", 1));
  static const std::string kMany = StrCat(kColumns, Repeat("(?,?,?,?,?,?,?)", kInsertRows));
  TRY_ASSIGN(Statement work, connection_.Prepare(count == 1 ? kOne : kMany));
  for (std::size_t i = 0; i < count; ++i) {
    const ObjectRow& row = plan_.winners()[first + i]->row;
    const int place = static_cast<int>(i) * kInsertColumns;
    work.Bind(place + 1, row.name);
    work.Bind(place + 2, row.created_at);
    work.Bind(place + 3, row.size);
    work.Bind(place + 4, row.content_type);
    work.Bind(place + 5, row.etag);
    work.Bind(place + 6, row.deleted);
    work.Bind(place + 7, row.storage_policy_index);
  }
  return work.Run();
}

}  // namespace

Result<> MergeObjects(Connection& connection, std::vector<ObjectItem> items) {
  std::vector<TimedObject> timed;
  timed.reserve(items.size());
  for (ObjectItem& item : items) {
    TRY_ASSIGN(timed.emplace_back(), TimeObject(std::move(item)));
  }
  items = {};
  return BatchMerge(connection, std::move(timed)).Run();
}

}  // namespace dbrepl
