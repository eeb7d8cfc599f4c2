#include "broker/reclaim.h"

#include <optional>
#include <string>

#include "broker/transaction.h"
#include "broker/trigger_scope.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// Names from `first` on, up to but not including `end`; to the last when there is no end.
struct NameRange {
  std::string first;
  std::optional<std::string> end;
};

// The first tombstone's name beyond a batch that begins at `first`.
Result<std::optional<std::string>> BatchEnd(Connection& connection, std::string_view table,
                                            const std::string& first) {
  constexpr std::int64_t kBatch = 10'000;
  TRY_ASSIGN(Statement query, connection.Prepare(StrCat("SELECT name FROM ", table,
                                                        " WHERE deleted = 1 AND name >= ?"
                                                        " ORDER BY name LIMIT 1 OFFSET ?")));
  query.BindAll(first, kBatch);
  TRY_ASSIGN(const bool row, query.Step());
  if (!row || query.Text(0).empty()) return std::nullopt;
  return std::string(query.Text(0));
}

Result<Statement> PrepareForRange(Connection& connection, std::string_view verb_and_table,
                                  std::string_view time_column, double before_seconds,
                                  const NameRange& range, std::string_view tail) {
  TRY_ASSIGN(
      Statement statement,
      connection.Prepare(StrCat(verb_and_table, " WHERE deleted = 1 AND name >= ? AND ",
                                time_column, " < ?", range.end ? " AND name < ?" : "", tail)));
  statement.BindAll(range.first, before_seconds);
  if (range.end) statement.Bind(3, *range.end);
  return statement;
}

Result<bool> AnyIn(Connection& connection, std::string_view table, std::string_view time_column,
                   double before_seconds, const NameRange& range) {
  TRY_ASSIGN(Statement query, PrepareForRange(connection, StrCat("SELECT 1 FROM ", table),
                                              time_column, before_seconds, range, " LIMIT 1"));
  return query.Step();
}

Result<std::int64_t> DeleteIn(Connection& connection, std::string_view table,
                              std::string_view time_column, double before_seconds,
                              const NameRange& range) {
  const TriggerScope triggers(connection);
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(connection));
  std::int64_t deleted = 0;
  {
    TRY_ASSIGN(Statement work, PrepareForRange(connection, StrCat("DELETE FROM ", table),
                                               time_column, before_seconds, range, ""));
    TRY(work.Run());
    deleted = connection.Changes();
  }
  TRY(transaction.Commit());
  return deleted;
}

}  // namespace

Result<std::int64_t> ReclaimTombstones(Connection& connection, std::string_view table,
                                       std::string_view time_column, double before_seconds) {
  std::int64_t deleted = 0;
  NameRange range;
  while (true) {
    TRY_ASSIGN(range.end, BatchEnd(connection, table, range.first));
    TRY_ASSIGN(const bool any, AnyIn(connection, table, time_column, before_seconds, range));
    if (any) {
      TRY_ASSIGN(const std::int64_t batch,
                 DeleteIn(connection, table, time_column, before_seconds, range));
      deleted += batch;
    }
    if (!range.end) return deleted;
    connection.EndHeldReads();  // others may write between batches
    range.first = *range.end;
  }
}

}  // namespace dbrepl
