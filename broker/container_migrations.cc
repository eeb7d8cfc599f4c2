#include "broker/container_migrations.h"

#include "broker/schema.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

Result<> AddColumn(Connection& connection, const char* table, const char* column,
                   std::string_view declaration) {
  TRY_ASSIGN(const bool has, connection.HasColumn(table, column));
  if (has) return {};
  return connection.Execute(
      StrCat("ALTER TABLE ", table, " ADD COLUMN ", column, " ", declaration));
}

}  // namespace

Result<ContainerSchema> ReadContainerSchema(Connection& connection) {
  TRY(connection.LookAtSchema());
  ContainerSchema schema;
  TRY_ASSIGN(schema.has_policies, connection.HasTable("container_info"));
  const char* stat = schema.has_policies ? "container_info" : "container_stat";
  TRY_ASSIGN(schema.has_sync_points, connection.HasColumn(stat, "x_container_sync_point1"));
  TRY_ASSIGN(schema.has_shard_ranges, connection.HasTable("shard_range"));
  TRY_ASSIGN(schema.has_reported, connection.HasColumn("shard_range", "reported"));
  TRY_ASSIGN(schema.has_tombstones, connection.HasColumn("shard_range", "tombstones"));
  return schema;
}

Result<const char*> ContainerStatTable(Connection& connection) {
  TRY(connection.LookAtSchema());
  TRY_ASSIGN(const bool has_policies, connection.HasTable("container_info"));
  return has_policies ? "container_info" : "container_stat";
}

Result<> MigrateToPolicies(Connection& connection) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  if (schema.has_policies) return {};
  TRY(AddColumn(connection, "container_stat", "x_container_sync_point1", "INTEGER DEFAULT -1"));
  TRY(AddColumn(connection, "container_stat", "x_container_sync_point2", "INTEGER DEFAULT -1"));
  TRY(AddColumn(connection, "container_stat", "metadata", "TEXT DEFAULT ''"));
  constexpr std::string_view kKept =
      "account, container, created_at, put_timestamp, delete_timestamp, reported_put_timestamp,"
      " reported_object_count, reported_bytes_used, hash, id, status, status_changed_at, metadata,"
      " x_container_sync_point1, x_container_sync_point2";
  TRY(connection.Execute(kContainerPolicyStatTableSql));
  TRY(
      connection.Execute("INSERT INTO policy_stat (storage_policy_index, object_count, bytes_used)"
                         " SELECT 0, object_count, bytes_used FROM container_stat"));
  TRY(AddColumn(connection, "object", "storage_policy_index", "INTEGER DEFAULT 0"));
  TRY(connection.Execute("DROP TRIGGER object_insert; DROP TRIGGER object_delete"));
  TRY(connection.Execute(kObjectPolicyTriggersSql));
  TRY(connection.Execute(kContainerInfoTableSql));
  TRY(connection.Execute(StrCat("INSERT INTO container_info (", kKept, ") SELECT ", kKept,
                                " FROM container_stat; DROP TABLE container_stat")));
  return connection.Execute(kContainerStatViewSql);
}

Result<> MigrateShardRanges(Connection& connection) {
  TRY_ASSIGN(const ContainerSchema schema, ReadContainerSchema(connection));
  if (!schema.has_shard_ranges) return connection.Execute(kShardRangeTableSql);
  TRY(AddColumn(connection, "shard_range", "reported", "INTEGER DEFAULT 0"));
  return AddColumn(connection, "shard_range", "tombstones", "INTEGER DEFAULT -1");
}

}  // namespace dbrepl
