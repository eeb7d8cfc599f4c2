// Deleting tombstones that every peer has seen long ago (swift-reference.md section 3.16). One
// thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/connection.h"
#include "common/result.h"

namespace dbrepl {

// Most visits find nothing to reclaim and must not take the writer's lock for that: each part is
// first asked to look, then, in a write transaction, to delete.
enum class ReclaimMode { kLook, kDelete };

// Deletes the rows of `table` with deleted = 1 and `time_column` below this time (compared as
// text, as Swift compares), in batches of 10,000 tombstones by name, each a transaction of its own.
// The triggers keep counts and hash right. Returns how many went.
Result<std::int64_t> ReclaimTombstones(Connection& connection, std::string_view table,
                                       std::string_view time_column, double before_seconds);

}  // namespace dbrepl
