// The command line of db-info, as data.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace dbrepl {

struct DbInfoOptions {
  bool help = false;
  std::string db_path;
  std::string swift_dir;
  bool swift_dir_given = false;  // else a missing swift.conf is no error
  std::string ring_path;         // empty: <swift_dir>/<account|container>.ring.gz if it is there
  bool json = false;
};

// No file or more than one, unknown options: kBadInput with "try --help" as hint.
Result<DbInfoOptions> ParseDbInfoOptions(const std::vector<std::string>& arguments);

// The text of --help.
std::string DbInfoHelp();

}  // namespace dbrepl
