#include "broker/shard_range_merge.h"

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace dbrepl {

namespace {

// Bounds and `deleted` belong to the timestamp, which is equal.
void KeepBounds(const ShardRange& existing, ShardRange& range) {
  range.lower = existing.lower;
  range.upper = existing.upper;
  range.deleted = existing.deleted;
}

bool MergeNumbers(const ShardRange& existing, ShardRange& range) {
  if (existing.meta_timestamp < range.meta_timestamp) return true;
  range.object_count = existing.object_count;
  range.bytes_used = existing.bytes_used;
  range.meta_timestamp = existing.meta_timestamp;
  range.tombstones = existing.tombstones;
  return false;
}

// Runs between numbers and state: `range` has the merged numbers but still its own state.
bool LatchReported(const ShardRange& existing, ShardRange& range) {
  const bool same = existing.object_count == range.object_count &&
                    existing.bytes_used == range.bytes_used &&
                    existing.tombstones == range.tombstones && existing.state == range.state &&
                    existing.epoch == range.epoch;
  if (existing.reported && same) range.reported = true;
  return range.reported && !existing.reported;
}

bool MergeState(const ShardRange& existing, ShardRange& range) {
  if (existing.state_timestamp == range.state_timestamp && range.state > existing.state) {
    return true;
  }
  if (existing.state_timestamp < range.state_timestamp) return true;
  range.state = existing.state;
  range.state_timestamp = existing.state_timestamp;
  range.epoch = existing.epoch;
  return false;
}

}  // namespace

bool MergeOverExisting(const ShardRange& existing, ShardRange& range) {
  if (existing.timestamp > range.timestamp) return false;
  if (existing.timestamp < range.timestamp) {
    range.reported = false;
    return true;
  }
  KeepBounds(existing, range);
  const bool new_numbers = MergeNumbers(existing, range);
  const bool newly_reported = LatchReported(existing, range);
  const bool new_state = MergeState(existing, range);
  return new_numbers || newly_reported || new_state;
}

ShardRangeMerge PlanShardRangeMerge(const std::vector<ShardRange>& existing,
                                    std::vector<ShardRange> items) {
  std::unordered_map<std::string_view, const ShardRange*> rows;
  for (const ShardRange& row : existing) rows[row.name] = &row;

  ShardRangeMerge merge;
  std::unordered_map<std::string, std::size_t> winner_of;  // name -> index in merge.winners
  for (ShardRange& item : items) {
    const auto row = rows.find(item.name);
    const bool exists = row != rows.end();
    if (exists && !MergeOverExisting(*row->second, item)) continue;
    const auto [winner, is_first] = winner_of.try_emplace(item.name, merge.winners.size());
    if (is_first) {
      if (exists) merge.superseded.push_back(item.name);
      merge.winners.push_back(std::move(item));
    } else if (MergeOverExisting(merge.winners[winner->second], item)) {
      merge.winners[winner->second] = std::move(item);
    }
  }
  return merge;
}

OwnShardRangeFilter FilterOwnShardRange(const ShardRange& own, std::vector<ShardRange> ranges) {
  OwnShardRangeFilter filter;
  if (!own.epoch) {
    filter.kept = std::move(ranges);
    return filter;
  }
  for (ShardRange& range : ranges) {
    if (range.name != own.name || range.epoch) {
      filter.kept.push_back(std::move(range));
      continue;
    }
    ShardRange merged = range;
    if (MergeOverExisting(own, merged) && !merged.epoch) filter.refused.push_back(std::move(range));
  }
  return filter;
}

}  // namespace dbrepl
