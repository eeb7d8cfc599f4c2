#include "replicator/answer/received_file.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "broker/connection.h"
#include "broker/container_migrations.h"
#include "broker/metadata.h"
#include "broker/sqlite_file.h"
#include "broker/transaction.h"
#include "common/digest.h"
#include "common/strings.h"
#include "common/utf8.h"
#include "replicator/answer/known_schema.h"

namespace dbrepl {

namespace {

// quick_check takes a bit for each: 16 MB. Half a terabyte of Swift's pages.
constexpr std::int64_t kMaxPages = std::int64_t{1} << 27;
// Peers and clients are given all rows of these at once.
constexpr int kMaxSmallTable = 50'000;
constexpr std::size_t kMaxNameBytes = 65'536;

tl::unexpected<Error> Refuse(std::string_view problem) {
  return Fail(Errc::kBadInput, std::string(problem));
}

unsigned Byte(std::string_view bytes, std::size_t offset) {
  return static_cast<unsigned char>(bytes[offset]);
}

// https://www.sqlite.org/fileformat.html, section 1.3.
Result<> CheckHeader(std::string_view head, std::int64_t size) {
  if (head.size() < kSqliteHeaderBytes || !head.starts_with(kSqliteMagic))
    return Refuse("not an SQLite database");
  const unsigned page_size = Byte(head, 16) << 8 | Byte(head, 17);  // 1 means 65536
  if (page_size != 1 && (page_size < 512 || (page_size & (page_size - 1)) != 0))
    return Refuse("not a page size of SQLite");
  if (size / (page_size == 1 ? 65536 : page_size) > kMaxPages) return Refuse("too many pages");
  if (Byte(head, kSqliteWriteVersion) != kSqliteRollbackJournal ||
      Byte(head, kSqliteReadVersion) != kSqliteRollbackJournal)
    return Refuse("not in rollback journal mode");
  if (Byte(head, 20) > 32) return Refuse("reserved bytes in its pages");
  if (Byte(head, 59) != 1) return Refuse("not in UTF-8");
  return {};
}

Result<> CheckSchema(Connection& connection, DbKind kind) {
  TRY_ASSIGN(Statement rows,
             connection.Prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM "
                                "sqlite_schema"));
  while (true) {
    TRY_ASSIGN(const bool any, rows.Step());
    if (!any) return {};
    const SchemaObject object{std::string(rows.Text(0)), std::string(rows.Text(1)),
                              std::string(rows.Text(2)), std::string(rows.Text(3))};
    if (!IsKnownSchemaObject(kind, object))
      return Refuse(StrCat("a ", Printable(object.type), " ", Printable(object.name),
                           " that databases of this kind do not have"));
  }
}

// What every generation has, so that the database can be read and merged into.
Result<> CheckColumns(Connection& connection, DbKind kind) {
  constexpr const char* kShared[] = {
      "SELECT remote_id, sync_point FROM incoming_sync",
      "SELECT remote_id, sync_point FROM outgoing_sync",
  };
  constexpr const char* kAccount[] = {
      "SELECT ROWID, name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted "
      "FROM container",
      "SELECT account, created_at, put_timestamp, delete_timestamp, container_count, "
      "object_count, bytes_used, hash, id, status, status_changed_at FROM account_stat",
  };
  constexpr const char* kContainer[] = {
      "SELECT ROWID, name, created_at, size, content_type, etag, deleted FROM object",
      "SELECT account, container, created_at, put_timestamp, delete_timestamp, "
      "reported_put_timestamp, reported_delete_timestamp, reported_object_count, "
      "reported_bytes_used, hash, id, status, status_changed_at FROM container_stat",
  };
  for (const char* query : kShared) TRY(connection.Prepare(query));
  for (const char* query : kind == DbKind::kAccount ? kAccount : kContainer)
    TRY(connection.Prepare(query));
  TRY_ASSIGN(const bool has_policies, connection.HasTable("policy_stat"));
  if (has_policies)
    TRY(
        connection.Prepare("SELECT storage_policy_index, object_count, bytes_used FROM "
                           "policy_stat"));
  TRY_ASSIGN(const bool has_ranges, connection.HasTable("shard_range"));
  if (has_ranges)
    TRY(
        connection.Prepare("SELECT name, timestamp, lower, upper, object_count, bytes_used, "
                           "meta_timestamp, deleted, state, state_timestamp, epoch FROM "
                           "shard_range"));
  return {};
}

Result<> CheckPages(Connection& connection) {
  TRY_ASSIGN(Statement check, connection.Prepare("PRAGMA quick_check(1)"));
  TRY_ASSIGN(const bool any, check.Step());
  if (any && check.Text(0) == "ok") return {};
  return Refuse(StrCat("damaged: ", any ? Printable(check.Text(0)) : "no word from quick_check"));
}

Result<const char*> StatTable(Connection& connection, DbKind kind) {
  if (kind == DbKind::kAccount) return "account_stat";
  return ContainerStatTable(connection);
}

Result<> CheckStatRow(Connection& connection, const ReceivedFileRules& rules, const DbHash& hash,
                      const LandingName& sender_id) {
  const bool is_account = rules.kind == DbKind::kAccount;
  TRY_ASSIGN(const char* const table, StatTable(connection, rules.kind));
  TRY_ASSIGN(Statement row,
             connection.Prepare(StrCat("SELECT account, ", is_account ? "''" : "container",
                                       ", id, created_at, put_timestamp, delete_timestamp, "
                                       "status_changed_at FROM ",
                                       table)));
  TRY_ASSIGN(const bool any, row.Step());
  if (!any) return Refuse(StrCat("no row in ", table));
  const auto digest = HashPath(*rules.hash_path, row.Text(0), row.Text(1));
  if (!digest || row.Text(0).empty() || (!is_account && row.Text(1).empty()) ||
      ToHex(*digest) != hash.value()) {
    return Refuse(StrCat("it is \"", Printable(row.Text(0)), "/", Printable(row.Text(1)),
                         "\", which has another hash"));
  }
  if (row.Text(2) != sender_id.value()) return Refuse(StrCat("its id is ", Printable(row.Text(2))));
  for (int column = 3; column <= 6; ++column)
    TRY(rules.time_bound->Check(row.Text(column), row.ColumnName(column)));
  TRY_ASSIGN(const bool more, row.Step());
  if (more) return Refuse(StrCat("more than one row in ", table));
  return {};
}

// Metadata are text that peers must be able to read, none of it from the far future.
Result<> CheckMetadata(Connection& connection, const ReceivedFileRules& rules) {
  TRY_ASSIGN(const char* const table, StatTable(connection, rules.kind));
  TRY_ASSIGN(const bool has_metadata, connection.HasColumn(table, "metadata"));
  if (!has_metadata) return {};
  TRY_ASSIGN(Statement row, connection.Prepare(StrCat("SELECT metadata FROM ", table)));
  TRY_ASSIGN(const bool any, row.Step());
  if (!any) return {};
  if (row.Text(0).size() > kMaxWireMetadata) return Refuse("metadata that are too long");
  TRY_ASSIGN(const Metadata metadata, ParseMetadata(row.Text(0)));
  for (const MetadataItem& item : metadata)
    TRY(rules.time_bound->Check(item.timestamp, "metadata"));
  return {};
}

// Tables that are read whole.
Result<> CheckSmallTables(Connection& connection) {
  for (const char* table : {"incoming_sync", "outgoing_sync", "policy_stat", "shard_range"}) {
    TRY_ASSIGN(const bool exists, connection.HasTable(table));
    if (!exists) continue;
    TRY_ASSIGN(Statement beyond, connection.Prepare(StrCat("SELECT 1 FROM ", table,
                                                           " LIMIT 1 OFFSET ", kMaxSmallTable)));
    TRY_ASSIGN(const bool any, beyond.Step());
    if (any) return Refuse(StrCat("too many rows in ", table));
  }
  return {};
}

// What peers are told of every row: names are UTF-8 and not too long, times are times. Accounts of
// old Swifts may have NULL for one.
Result<> CheckRows(Connection& connection, const ReceivedFileRules& rules) {
  const bool is_account = rules.kind == DbKind::kAccount;
  TRY_ASSIGN(
      Statement rows,
      connection.Prepare(is_account ? "SELECT name, put_timestamp, delete_timestamp FROM container"
                                    : "SELECT name, created_at FROM object"));
  while (true) {
    TRY_ASSIGN(const bool any, rows.Step());
    if (!any) return {};
    // The type first: asking for text makes it one.
    if (rows.ColumnType(0) != Statement::Type::kText || rows.Text(0).size() > kMaxNameBytes ||
        !IsValidUtf8(rows.Text(0))) {
      return Refuse("a row whose name is no text of a row");
    }
    for (int column = 1; column < rows.ColumnCount(); ++column) {
      if (is_account && rows.IsNull(column)) continue;
      if (rows.ColumnType(column) != Statement::Type::kText)
        return Refuse(StrCat("a row whose ", rows.ColumnName(column), " is no text"));
      TRY(rules.time_bound->Check(rows.Text(column), rows.ColumnName(column)));
    }
  }
}

Result<> CheckContents(const std::string& path, const ReceivedFileRules& rules, const DbHash& hash,
                       const LandingName& sender_id) {
  ConnectionOptions options;
  options.mode = ConnectionOptions::Mode::kUntrusted;
  TRY_ASSIGN(const std::unique_ptr<Connection> connection, Connection::Open(path, options));
  TRY(connection->Execute("PRAGMA cell_size_check = ON"));
  TRY_ASSIGN(const Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY(CheckSchema(*connection, rules.kind));
  TRY(CheckColumns(*connection, rules.kind));
  TRY(CheckPages(*connection));
  TRY(CheckStatRow(*connection, rules, hash, sender_id));
  TRY(CheckMetadata(*connection, rules));
  TRY(CheckSmallTables(*connection));
  return CheckRows(*connection, rules);
}

}  // namespace

Result<> CheckReceivedFile(const LandedFile& file, const ReceivedFileRules& rules,
                           const DbHash& hash, const LandingName& sender_id) {
  TRY_ASSIGN(const std::string head, file.ReadHead(kSqliteHeaderBytes));
  TRY_ASSIGN(const std::int64_t size, file.Size());
  auto checked = CheckHeader(head, size);
  if (checked) checked = CheckContents(file.path(), rules, hash, sender_id);
  if (checked) return {};
  return Fail(BlameSender(std::move(checked).error(), sender_id));
}

Error BlameSender(Error error, const LandingName& sender_id) {
  // Whatever SQLite cannot read is the sender's fault, not damage to a database of ours.
  if (error.code != Errc::kNoSpace && error.code != Errc::kBusy) error.code = Errc::kBadInput;
  return std::move(error).Within(StrCat("received file ", sender_id.value()));
}

}  // namespace dbrepl
