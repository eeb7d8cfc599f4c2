// What a replicator reads before it works, and again when it is told to: configuration, swift.conf
// and ring. Made anew from files each time, so that a bad file changes nothing.
#pragma once

#include <memory>
#include <string>

#include "broker/db_kind.h"
#include "common/conf_file.h"
#include "common/log.h"
#include "common/result.h"
#include "common/statsd.h"
#include "common/swift_conf.h"
#include "daemons/replicator_conf.h"
#include "ring/ring_watcher.h"

namespace dbrepl {

struct ReplicatorSetup {
  ReplicatorConf conf;  // of its `pass`, what swift.conf says and the logger are set too
  StatsdOptions statsd;
  Logger logger;
  std::unique_ptr<RingWatcher> ring;
};

// The section of the file or folder of files. A missing section: kBadInput with Swift's words;
// otherwise as LoadDaemonConf.
Result<ConfSettings> LoadReplicatorSettings(const std::string& conf_path, DbKind kind);

// The log that the settings ask for. kBadInput as OptionValues::Resolve and MakeLogger.
Result<Logger> ReplicatorLogger(const ConfSettings& settings, DbKind kind, bool verbose);

// Everything else. Errors as ReplicatorConfFrom, RingWatcher::Open and LoadSwiftConf.
Result<ReplicatorSetup> LoadReplicatorSetup(const ConfSettings& settings, DbKind kind,
                                            const Logger& logger);

}  // namespace dbrepl
