// The object table of a container database: merging a batch into it. For use inside the caller's
// write transaction, on a database that knows policies (container_migrations.h).
#pragma once

#include <vector>

#include "broker/connection.h"
#include "broker/object_row.h"
#include "common/result.h"

namespace dbrepl {

// Leaves in the table what object_merge.h says of these items and the rows there, and brings
// policy_stat and the hash along. Rows in which nothing is new are not touched; others get new
// ROWIDs in the order of the batch. An item or a row whose time is none: kBadInput with its name.
// Otherwise errors are those of Statement.
Result<> MergeObjects(Connection& connection, std::vector<ObjectItem> items);

}  // namespace dbrepl
