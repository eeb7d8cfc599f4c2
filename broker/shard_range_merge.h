// Which shard ranges a batch leaves in a container database: the rules, without the database. Pure,
// thread-safe. Source: swift-reference.md sections 3.11 and 5.7 (Swift's merge_shards).
//
// Timestamps are compared as text. A newer `timestamp` wins everything; under an equal one, numbers
// and state are merged each by its own timestamp, and of equal state timestamps the later state
// wins.
#pragma once

#include <string>
#include <vector>

#include "broker/shard_range.h"

namespace dbrepl {

// Gives `range` everything in which `existing` (of the same name) takes precedence. False: nothing
// of `range` was news, the existing row stays as it is.
bool MergeOverExisting(const ShardRange& existing, ShardRange& range);

struct ShardRangeMerge {
  std::vector<std::string> superseded;  // names of rows to delete
  std::vector<ShardRange> winners;      // rows to insert, in order of the first item of each name
};

// `existing` holds the rows whose names occur in `items`, deleted ones too; of several rows with
// one name the last counts. Items of one name are merged over each other.
ShardRangeMerge PlanShardRangeMerge(const std::vector<ShardRange>& existing,
                                    std::vector<ShardRange> items);

struct OwnShardRangeFilter {
  std::vector<ShardRange> kept;
  std::vector<ShardRange> refused;  // would have won without the rule: worth a warning in the log
};

// What of a peer's ranges may be merged: once a container's own range has an epoch, an own range
// without one is left out, for taking it would undo the sharding (Swift 2.33 and later,
// check_merge_own_shard_range).
OwnShardRangeFilter FilterOwnShardRange(const ShardRange& own, std::vector<ShardRange> ranges);

}  // namespace dbrepl
