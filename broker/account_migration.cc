#include "broker/account_migration.h"

#include "broker/schema.h"

namespace dbrepl {

Result<> MigrateContainerPolicies(Connection& connection) {
  TRY_ASSIGN(const bool has_column, connection.HasColumn("container", "storage_policy_index"));
  if (has_column) return {};
  TRY_ASSIGN(const bool has_table, connection.HasTable("policy_stat"));
  if (!has_table) TRY(connection.Execute(kAccountPolicyStatTableSql));
  TRY(connection.Execute(
      "ALTER TABLE container ADD COLUMN storage_policy_index INTEGER DEFAULT 0"));
  return connection.Execute(kContainerPolicyTriggersSql);
}

Result<> MigratePolicyContainerCount(Connection& connection) {
  TRY_ASSIGN(const bool has_table, connection.HasTable("policy_stat"));
  if (!has_table) return connection.Execute(kAccountPolicyStatTableSql);
  TRY_ASSIGN(const bool has_column, connection.HasColumn("policy_stat", "container_count"));
  if (has_column) return {};
  TRY(
      connection.Execute("DROP TRIGGER IF EXISTS container_delete_ps;"
                         "DROP TRIGGER IF EXISTS container_insert_ps;"
                         "ALTER TABLE policy_stat ADD COLUMN container_count INTEGER DEFAULT 0"));
  TRY(connection.Execute(kContainerPolicyTriggersSql));
  // With one policy the account's own count is that policy's; only with several must rows be
  // counted.
  return connection.Execute(
      "UPDATE policy_stat SET container_count = CASE"
      " WHEN (SELECT COUNT(*) FROM policy_stat) = 1"
      " THEN (SELECT container_count FROM account_stat)"
      " ELSE (SELECT COUNT(*) FROM container WHERE deleted = 0 AND"
      " container.storage_policy_index = policy_stat.storage_policy_index) END");
}

}  // namespace dbrepl
