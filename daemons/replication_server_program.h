// The programs container-replication-server and account-replication-server, but for their names.
#pragma once

#include <string>
#include <vector>

#include "broker/db_kind.h"

namespace dbrepl {

// `arguments` is the whole command line with the program's name. Returns the exit code: 0 when a
// signal ended the server, or for --help and such; 1 when it could not start, with the reason on
// standard output or standard error as Swift's servers have it; 2 for an option that does not
// exist.
int ReplicationServerMain(DbKind kind, const std::vector<std::string>& arguments);

}  // namespace dbrepl
