// The configuration of a replicator: the section [container-replicator] or [account-replicator] of
// Swift's server files, as it is (swift-reference.md section 6.2). Plain data.
#pragma once

#include <string>
#include <vector>

#include "broker/db_kind.h"
#include "common/conf_file.h"
#include "common/result.h"
#include "daemons/option_table.h"
#include "replicator/pass_options.h"

namespace dbrepl {

// "container-replicator": the program, the section and the name in the log.
std::string ReplicatorName(DbKind kind);

// Every option that is read, with default, bounds and meaning; unknown ones in a file are nobody's
// business.
const ConfOptionTable& ReplicatorTable(DbKind kind);

// The sample file that is installed, made from the table.
std::string ReplicatorSample(DbKind kind);

struct ReplicatorConf {
  OptionValues values;  // for --print-config, and for what is used in one place only
  // All that the file says for a pass; what swift.conf and the command line say, the log and the
  // metrics are left as they are by default.
  PassOptions pass;
  double interval_seconds = 30;  // from the start of a pass to the start of the next
  bool daemonize = true;         // false: one pass, then exit
  std::vector<std::string> warnings;

  std::string ring_path() const;
};

// `settings` as LoadDaemonConf gives them. Options that are no numbers or out of bounds: kBadInput
// with file, line and option. An rsync_module that names nothing: ValidateRsyncModule's error.
Result<ReplicatorConf> ReplicatorConfFrom(const ConfSettings& settings, DbKind kind);

}  // namespace dbrepl
