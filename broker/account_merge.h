// Merging container records into the container table of an account database, inside the caller's
// write transaction.
#pragma once

#include <vector>

#include "broker/connection.h"
#include "broker/container_record.h"
#include "common/result.h"

namespace dbrepl {

// What becomes of a row that a record would not change.
enum class UnchangedRow {
  kStays,
  kRenewed,  // written again, with a new ROWID
};

// As AccountBroker::MergeItems says, without sync points. The table must have its policy column
// (see account_migration.h). May leave triggers switched on.
Result<> MergeContainers(Connection& connection, const std::vector<ContainerItem>& items,
                         UnchangedRow unchanged);

}  // namespace dbrepl
