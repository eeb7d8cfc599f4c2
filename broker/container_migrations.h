// Container databases made by older Swift: what they lack, and how they are brought up to date. For
// use inside the caller's transaction, write transactions for the migrations; errors are those of
// Statement. Source: swift-reference.md section 3.7.
//
// As in Swift nothing is migrated before something must be written that the old schema has no
// place for; reading makes do with defaults.
#pragma once

#include "broker/connection.h"
#include "common/result.h"

namespace dbrepl {

struct ContainerSchema {
  // Swift 2.0: container_info and policy_stat beside the view container_stat. Before that there is
  // a table container_stat with counts of its own, and every row is of policy 0.
  bool has_policies = true;
  bool has_sync_points = true;   // x_container_sync_point1 and 2, Swift 1.4.2
  bool has_shard_ranges = true;  // the table shard_range, Swift 2.18
  bool has_reported = true;      // its column, Swift 2.26
  bool has_tombstones = true;    // its column, Swift 2.28
};

// What the database has now, also when another process changed it since the last statement.
Result<ContainerSchema> ReadContainerSchema(Connection& connection);

// The table that holds what is known about the container: container_info, or container_stat in a
// database that does not know policies.
Result<const char*> ContainerStatTable(Connection& connection);

// Makes a database that does not know policies one that does; others are left alone. Rows keep
// their ROWIDs. As in Swift, reported_delete_timestamp starts anew.
Result<> MigrateToPolicies(Connection& connection);

// Makes the table shard_range or adds the columns that it lacks.
Result<> MigrateShardRanges(Connection& connection);

}  // namespace dbrepl
