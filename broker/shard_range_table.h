// The shard_range table of a container database. For use inside the caller's transaction; errors
// are those of Statement, and kBadInput for a row that Swift would not take for a shard range.
// Databases of all ages are understood (container_migrations.h). Source: swift-reference.md
// section 3.11.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "broker/connection.h"
#include "broker/reclaim.h"
#include "broker/shard_range.h"
#include "common/result.h"

namespace dbrepl {

struct ShardRangeQuery {
  bool include_deleted = false;
  bool include_own = false;        // the range of the container itself
  std::vector<ShardState> states;  // empty: all
};

// In the order of ShardRangeBefore, normalized; empty when there is no such table. `own_name` is
// the container's "<account>/<container>".
Result<std::vector<ShardRange>> ReadShardRanges(Connection& connection, std::string_view own_name,
                                                const ShardRangeQuery& query = {});

// The container's own range, deleted or not.
Result<std::optional<ShardRange>> ReadOwnShardRange(Connection& connection,
                                                    std::string_view own_name);

// Merges as shard_range_merge.h says; the table or its columns are added when they are missing.
// Ranges in which nothing is new are not touched.
Result<> MergeShardRangeRows(Connection& connection, std::vector<ShardRange> ranges);

// The ranges deleted before this time (compared as text) except the container's own: is there any,
// or delete them and say whether there was any.
Result<bool> ReclaimShardRanges(Connection& connection, std::string_view own_name,
                                double before_seconds, ReclaimMode mode);

}  // namespace dbrepl
