// The process that serves: everything between the listening socket and the databases, put together
// and taken down in order. docs/THREADS.md names its threads.
#pragma once

#include <functional>

#include "common/log.h"
#include "common/swift_conf.h"
#include "common/unique_fd.h"
#include "daemons/replication_server_conf.h"

namespace dbrepl {

// Becomes the configured user and serves until a signal: SIGTERM and SIGINT give what runs a few
// seconds, SIGHUP and SIGUSR1 as long as it takes; new connections are no longer taken in both
// cases. Calls `on_ready` when it serves. Returns the exit code: 0, or 1 (with a line in the log
// and on standard error) when it could not begin.
int RunReplicationWorker(const ReplicationServerConf& conf, const SwiftConf& swift_conf,
                         const Logger& logger, UniqueFd listener,
                         const std::function<void()>& on_ready);

}  // namespace dbrepl
