// The programs container-replicator and account-replicator, but for their names.
#pragma once

#include <string>
#include <vector>

#include "broker/db_kind.h"

namespace dbrepl {

// `arguments` is the whole command line with the program's name. Returns the exit code: 0 when the
// pass is over, whatever failed in it, when a signal ended the program, or for --help and such; 1
// when it could not start, with the reason on standard output or standard error as Swift's
// replicators have it, and in the log once there is one; 2 for an option that does not exist.
int ReplicatorMain(DbKind kind, const std::vector<std::string>& arguments);

}  // namespace dbrepl
