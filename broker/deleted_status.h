// The column `status` of a database: "DELETED" once it was deleted here, else empty. Unlike the
// timestamps it does not travel in Swift's conversation, only with whole files. Thread-safe.
#pragma once

#include <string>

#include "broker/connection.h"
#include "broker/db_kind.h"
#include "common/result.h"

namespace dbrepl {

// Errors of both are those of Statement; no stat row: kCorrupt.
Result<bool> HasDeletedStatus(Connection& connection, DbKind kind);
Result<> SetDeletedStatus(Connection& connection, DbKind kind, bool deleted);

}  // namespace dbrepl
