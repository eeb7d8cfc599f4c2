// Bringing old account databases up to date, inside the caller's write transaction
// (swift-reference.md section 3.7). Each does nothing when there is nothing to do.
#pragma once

#include "broker/connection.h"
#include "common/result.h"

namespace dbrepl {

// Adds the column container.storage_policy_index, its triggers and, if missing, the table
// policy_stat (databases from before Swift 2.0).
Result<> MigrateContainerPolicies(Connection& connection);

// Makes policy_stat if missing, and adds its column container_count, filled in (databases from
// before Swift 2.2).
Result<> MigratePolicyContainerCount(Connection& connection);

}  // namespace dbrepl
