// MD5 sums of the files that all nodes must agree on, as recon tells them (swift-reference.md
// section 6.8). Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "common/json.h"
#include "common/log.h"

namespace dbrepl {

// {"<path>": "<md5>"} of those ring files that exist; null (and a log line) for one that cannot be
// read.
JsonValue RingSums(const std::vector<std::string>& rings, const Logger& logger);

// The same for swift.conf, which is null also when it is missing. Its key is Swift's usual path
// wherever the file lies, for swift-recon looks for nothing else.
JsonValue SwiftConfSum(const std::string& swift_conf, const Logger& logger);

}  // namespace dbrepl
