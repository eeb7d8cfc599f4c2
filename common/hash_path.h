// Where names live: Swift's MD5 of "<prefix>/<account>[/<container>[/<object>]]<suffix>". Pure,
// thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/digest.h"
#include "common/result.h"

namespace dbrepl {

// The cluster's secret from swift.conf [swift-hash]; arbitrary bytes. Both empty is not a cluster:
// see LoadSwiftConf.
struct HashPathConfig {
  std::string prefix;
  std::string suffix;
};

// Names are UTF-8 and may hold any byte, also NUL. An empty container or object ends the path
// before it; an object without a container is kBadInput.
Result<Md5Digest> HashPath(const HashPathConfig& config, std::string_view account,
                           std::string_view container = {}, std::string_view object = {});

}  // namespace dbrepl
