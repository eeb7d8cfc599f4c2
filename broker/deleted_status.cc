#include "broker/deleted_status.h"

#include "broker/container_migrations.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr char kDeleted[] = "DELETED";

Result<const char*> StatTableOf(Connection& connection, DbKind kind) {
  if (kind == DbKind::kAccount) return "account_stat";
  return ContainerStatTable(connection);
}

}  // namespace

Result<bool> HasDeletedStatus(Connection& connection, DbKind kind) {
  TRY_ASSIGN(const char* const table, StatTableOf(connection, kind));
  TRY_ASSIGN(Statement row, connection.Prepare(StrCat("SELECT status FROM ", table)));
  TRY_ASSIGN(const bool any, row.Step());
  if (!any)
    return Fail(Errc::kCorrupt, StrCat(connection.path(), ": missing row in ", table, " table"));
  return row.Text(0) == kDeleted;
}

Result<> SetDeletedStatus(Connection& connection, DbKind kind, bool deleted) {
  TRY_ASSIGN(const char* const table, StatTableOf(connection, kind));
  TRY_ASSIGN(Statement update, connection.Prepare(StrCat("UPDATE ", table, " SET status = ?")));
  update.Bind(1, deleted ? kDeleted : "");
  return update.Run();
}

}  // namespace dbrepl
