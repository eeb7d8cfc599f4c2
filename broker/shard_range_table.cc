#include "broker/shard_range_table.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "broker/container_migrations.h"
#include "broker/shard_range_merge.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kOldColumns =
    "name, timestamp, lower, upper, object_count, bytes_used, meta_timestamp, deleted, state,"
    " state_timestamp, epoch";
constexpr int kRowIdColumn = 13;  // behind those, reported and tombstones

std::string SelectRanges(const ContainerSchema& schema, std::string_view where) {
  return StrCat("SELECT ", kOldColumns, schema.has_reported ? ", reported" : ", 0",
                schema.has_tombstones ? ", tombstones" : ", -1", ", ROWID FROM shard_range WHERE ",
                where);
}

// As it lies in the table, times not looked at. No state: found, as Swift has it.
Result<ShardRange> RawRange(const Statement& row) {
  ShardRange range;
  TRY_ASSIGN(range.name, row.CheckedUtf8(0));
  TRY_ASSIGN(range.timestamp, row.CheckedUtf8(1));
  TRY_ASSIGN(range.lower, row.CheckedUtf8(2));
  TRY_ASSIGN(range.upper, row.CheckedUtf8(3));
  TRY_ASSIGN(range.object_count, row.CheckedInt64(4));
  TRY_ASSIGN(range.bytes_used, row.CheckedInt64(5));
  TRY_ASSIGN(range.meta_timestamp, row.CheckedUtf8(6));
  TRY_ASSIGN(const std::int64_t deleted, row.CheckedInt64(7));
  range.deleted = deleted != 0;
  const auto state = row.IsNull(8) ? ShardState::kFound : ShardStateFromNumber(row.Int64(8));
  if (!state) {
    return Fail(Errc::kBadInput, StrCat("shard range \"", Printable(range.name),
                                        "\": ", row.Int64(8), " is no state"));
  }
  range.state = *state;
  TRY_ASSIGN(range.state_timestamp, row.CheckedUtf8(9));
  if (!row.IsNull(10)) {
    TRY_ASSIGN(range.epoch, row.CheckedUtf8(10));
  }
  TRY_ASSIGN(const std::int64_t reported, row.CheckedInt64(11));
  range.reported = reported != 0;
  TRY_ASSIGN(range.tombstones, row.CheckedInt64(12));
  return range;
}

// Runs a query made by SelectRanges to its end.
Result<std::vector<ShardRange>> RawRanges(Statement query) {
  std::vector<ShardRange> ranges;
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return ranges;
    TRY_ASSIGN(ranges.emplace_back(), RawRange(query));
  }
}

Result<std::vector<ShardRange>> NormalRanges(Connection& connection, Statement query) {
  TRY_ASSIGN(std::vector<ShardRange> ranges, RawRanges(std::move(query)));
  for (ShardRange& range : ranges) {
    auto normal = NormalizeShardRange(std::move(range));
    if (!normal) return Fail(std::move(normal).error().Within(connection.path()));
    range = *std::move(normal);
  }
  std::stable_sort(ranges.begin(), ranges.end(), ShardRangeBefore);
  return ranges;
}

// Rows of the table as far as their names occur in a batch.
struct ExistingRanges {
  std::vector<ShardRange> ranges;
  std::unordered_multimap<std::string, std::int64_t> row_ids;  // by name
};

// One walk over the table, which has no index, however many names there are.
Result<ExistingRanges> FindExisting(Connection& connection, const std::vector<ShardRange>& batch) {
  std::unordered_set<std::string_view> names;
  for (const ShardRange& range : batch) names.insert(range.name);
  ExistingRanges existing;
  TRY_ASSIGN(Statement query, connection.Prepare(SelectRanges({}, "deleted IN (0, 1)")));
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return existing;
    if (names.count(query.Text(0)) == 0) continue;
    TRY_ASSIGN(existing.ranges.emplace_back(), RawRange(query));
    existing.row_ids.emplace(query.Text(0), query.Int64(kRowIdColumn));
  }
}

Result<> DeleteRanges(Connection& connection, const ExistingRanges& existing,
                      const std::vector<std::string>& names) {
  if (names.empty()) return {};
  TRY_ASSIGN(Statement work, connection.Prepare("DELETE FROM shard_range WHERE ROWID = ?"));
  for (const std::string& name : names) {
    const auto [first, last] = existing.row_ids.equal_range(name);
    for (auto row = first; row != last; ++row) {
      work.Bind(1, row->second);
      TRY(work.Run());
    }
  }
  return {};
}

Result<> InsertRange(Connection& connection, const ShardRange& range) {
  TRY_ASSIGN(Statement insert,
             connection.Prepare(StrCat("INSERT INTO shard_range (", kOldColumns,
                                       ", reported, tombstones)"
                                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")));
  insert.BindAll(range.name, range.timestamp, range.lower, range.upper, range.object_count,
                 range.bytes_used, range.meta_timestamp, range.deleted ? 1 : 0,
                 static_cast<int>(range.state), range.state_timestamp);
  if (range.epoch) {
    insert.Bind(11, *range.epoch);
  } else {
    insert.Bind(11, nullptr);
  }
  insert.Bind(12, range.reported ? 1 : 0);
  insert.Bind(13, range.tombstones);
  return insert.Run();
}

}  // namespace

Result<std::vector<ShardRange>> ReadShardRanges(Connection& connection, std::string_view own_name,
                                                const ShardRangeQuery& query) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  if (!schema.has_shard_ranges) return std::vector<ShardRange>();
  std::string where = query.include_own ? "1" : "name != ?1";
  if (!query.include_deleted) where += " AND deleted = 0";
  for (std::size_t i = 0; i < query.states.size(); ++i) {
    where += StrCat(i == 0 ? " AND state IN (" : ", ", static_cast<int>(query.states[i]));
  }
  if (!query.states.empty()) where += ")";
  TRY_ASSIGN(Statement select, connection.Prepare(SelectRanges(schema, where)));
  if (!query.include_own) select.Bind(1, own_name);
  return NormalRanges(connection, std::move(select));
}

Result<std::optional<ShardRange>> ReadOwnShardRange(Connection& connection,
                                                    std::string_view own_name) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  if (!schema.has_shard_ranges) return std::nullopt;
  TRY_ASSIGN(Statement select, connection.Prepare(SelectRanges(schema, "name = ?1")));
  select.Bind(1, own_name);
  TRY_ASSIGN(std::vector<ShardRange> ranges, NormalRanges(connection, std::move(select)));
  if (ranges.empty()) return std::nullopt;
  return std::move(ranges.front());
}

Result<> MergeShardRangeRows(Connection& connection, std::vector<ShardRange> ranges) {
  if (ranges.empty()) return {};
  TRY(MigrateShardRanges(connection));
  TRY_ASSIGN(const ExistingRanges existing, FindExisting(connection, ranges));
  const ShardRangeMerge merge = PlanShardRangeMerge(existing.ranges, std::move(ranges));
  TRY(DeleteRanges(connection, existing, merge.superseded));
  for (const ShardRange& range : merge.winners) TRY(InsertRange(connection, range));
  return {};
}

Result<bool> ReclaimShardRanges(Connection& connection, std::string_view own_name,
                                double before_seconds, ReclaimMode mode) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  if (!schema.has_shard_ranges) return false;
  constexpr std::string_view kWhere = " WHERE deleted = 1 AND timestamp < ? AND name != ?";
  TRY_ASSIGN(Statement work,
             connection.Prepare(mode == ReclaimMode::kLook
                                    ? StrCat("SELECT 1 FROM shard_range", kWhere, " LIMIT 1")
                                    : StrCat("DELETE FROM shard_range", kWhere)));
  // A number against a column of TEXT affinity: SQLite compares texts, as it does for Swift.
  work.BindAll(before_seconds, own_name);
  TRY_ASSIGN(const bool row, work.Step());
  return mode == ReclaimMode::kLook ? row : connection.Changes() > 0;
}

}  // namespace dbrepl
