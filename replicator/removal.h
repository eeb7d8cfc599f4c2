// Removes a database with its directories (swift-reference.md section 5.6, delete_db).
#pragma once

#include <string>

#include "common/result.h"

namespace dbrepl {

// Removes the hash directory under its lock (at most 10 s waited for), then the suffix and the
// partition directory if they are empty. Gone already is fine. kBusy: the lock was not had;
// others: something is left, and the message says what.
Result<> RemoveDatabase(const std::string& db_path);

}  // namespace dbrepl
