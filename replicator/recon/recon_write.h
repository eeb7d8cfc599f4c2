// Writes into a recon cache file that other daemons, Swift's among them, write into at the same
// time (swift-reference.md section 6.7).
#pragma once

#include <string>

#include "common/json.h"
#include "common/log.h"
#include "common/result.h"

namespace dbrepl {

// "<recon_cache_path>/container.recon" and so on.
std::string ReconCacheFile(const std::string& recon_cache_path, std::string_view kind);

// Merges these keys into the file, which is made if it is missing: under flock on the file itself,
// waited for at most 2 s, then by rename of a file with mode 0600. A value that is an object is
// merged into the object that is there, member by member; an empty one removes the key, and an
// empty one within it that member. Other keys stay. A file without valid JSON begins anew, with a
// warning if there was anything in it. kBusy: the lock was not had. Thread-safe.
Result<> WriteReconCache(const std::string& file, const JsonValue::Object& entries,
                         const Logger& logger);

}  // namespace dbrepl
