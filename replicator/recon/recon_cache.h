// The recon cache: JSON files in which Swift's daemons and ours leave what they last did, for
// whoever asks over HTTP (swift-reference.md section 6.7). Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/json.h"
#include "common/log.h"

namespace dbrepl {

// Stats of a pass over tens of thousands of failing peers fit; a file put there by mistake does
// not.
inline constexpr std::size_t kMaxReconCacheBytes = std::size_t{16} << 20;

// The key of a running pass's progress; Swift's tools overlook it.
inline constexpr const char* kProgressKey = "replication_progress";

// What recon answers to a check that comes from the cache below `folder`: "replication",
// "auditor", "sharding" ... with a type where there are several ("container"; nullopt: none given).
// An object with the keys of that check, null for what the file does not hold, also when it is
// missing, unreadable or no JSON object, which is logged. nullopt: no check of the cache.
std::optional<JsonValue> ReadReconCache(const std::string& folder, std::string_view check,
                                        std::optional<std::string_view> type, const Logger& logger);

}  // namespace dbrepl
