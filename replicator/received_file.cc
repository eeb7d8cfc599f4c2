#include "replicator/received_file.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "broker/connection.h"
#include "broker/container_migrations.h"
#include "broker/transaction.h"
#include "common/digest.h"
#include "common/strings.h"
#include "replicator/known_schema.h"

namespace dbrepl {

namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeaderBytes = 100;

tl::unexpected<Error> Refuse(std::string_view problem) {
  return Fail(Errc::kBadInput, std::string(problem));
}

unsigned Byte(std::string_view bytes, std::size_t offset) {
  return static_cast<unsigned char>(bytes[offset]);
}

// https://www.sqlite.org/fileformat.html, section 1.3.
Result<> CheckHeader(std::string_view head) {
  if (head.size() < kHeaderBytes || !head.starts_with(kMagic))
    return Refuse("not an SQLite database");
  const unsigned page_size = Byte(head, 16) << 8 | Byte(head, 17);  // 1 means 65536
  if (page_size != 1 && (page_size < 512 || (page_size & (page_size - 1)) != 0))
    return Refuse("not a page size of SQLite");
  if (Byte(head, 18) != 1 || Byte(head, 19) != 1) return Refuse("not in rollback journal mode");
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

Result<> CheckPages(Connection& connection) {
  TRY_ASSIGN(Statement check, connection.Prepare("PRAGMA quick_check(1)"));
  TRY_ASSIGN(const bool any, check.Step());
  if (any && check.Text(0) == "ok") return {};
  return Refuse(StrCat("damaged: ", any ? Printable(check.Text(0)) : "no word from quick_check"));
}

Result<> CheckStatRow(Connection& connection, const ReceivedFileRules& rules, const DbHash& hash,
                      const LandingName& sender_id) {
  const bool is_account = rules.kind == DbKind::kAccount;
  TRY_ASSIGN(const char* const table,
             is_account ? Result<const char*>("account_stat") : ContainerStatTable(connection));
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

Result<> CheckRowTimes(Connection& connection, const ReceivedFileRules& rules) {
  TRY_ASSIGN(Statement late,
             connection.Prepare(rules.kind == DbKind::kAccount
                                    ? "SELECT 1 FROM container WHERE put_timestamp >= ?1 OR "
                                      "delete_timestamp >= ?1 LIMIT 1"
                                    : "SELECT 1 FROM object WHERE created_at >= ?1 LIMIT 1"));
  late.Bind(1, rules.time_bound->first_refused());
  TRY_ASSIGN(const bool any, late.Step());
  if (any) return Refuse("a row whose time lies too far ahead of our clock");
  return {};
}

Result<> CheckContents(const std::string& path, const ReceivedFileRules& rules, const DbHash& hash,
                       const LandingName& sender_id) {
  ConnectionOptions options;
  options.mode = ConnectionOptions::Mode::kReadOnly;
  TRY_ASSIGN(const std::unique_ptr<Connection> connection, Connection::Open(path, options));
  TRY(connection->Execute("PRAGMA cell_size_check = ON"));
  TRY_ASSIGN(const Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
  TRY(CheckSchema(*connection, rules.kind));
  TRY(CheckPages(*connection));
  TRY(CheckStatRow(*connection, rules, hash, sender_id));
  return CheckRowTimes(*connection, rules);
}

}  // namespace

Result<> CheckReceivedFile(const LandedFile& file, const ReceivedFileRules& rules,
                           const DbHash& hash, const LandingName& sender_id) {
  TRY_ASSIGN(const std::string head, file.ReadHead(kHeaderBytes));
  auto checked = CheckHeader(head);
  if (checked) checked = CheckContents(file.path(), rules, hash, sender_id);
  if (checked) return {};
  Error error = std::move(checked).error();
  // Whatever SQLite cannot read is the sender's fault, not damage to a database of ours.
  if (error.code != Errc::kNoSpace && error.code != Errc::kBusy) error.code = Errc::kBadInput;
  return Fail(std::move(error).Within(StrCat("received file ", sender_id.value())));
}

}  // namespace dbrepl
