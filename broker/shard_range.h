// A shard range: a part of a sharded container's namespace and the container that holds it. Plain
// values; one thread at a time. Source: swift-reference.md section 3.11 (Swift's ShardRange).
//
// Timestamps are text, because conflicts between replicas are decided by comparing texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// Of equal state timestamps the larger number wins.
enum class ShardState {
  kFound = 10,
  kCreated = 20,
  kCleaved = 30,
  kActive = 40,
  kShrinking = 50,
  kSharding = 60,
  kSharded = 70,
  kShrunk = 80,
};

// "found", "created" ... as operators see it.
std::string_view ShardStateName(ShardState state);

// nullopt for a number that is no state.
std::optional<ShardState> ShardStateFromNumber(std::int64_t number);

struct ShardRange {
  std::string name;       // "<account>/<container>" of the shard
  std::string timestamp;  // of name, bounds and deleted
  std::string lower;      // not included; empty: unbounded
  std::string upper;      // included; empty: unbounded
  std::int64_t object_count = 0;
  std::int64_t bytes_used = 0;
  std::string meta_timestamp;  // of object_count, bytes_used and tombstones
  bool deleted = false;
  ShardState state = ShardState::kFound;
  std::string state_timestamp;
  std::optional<std::string> epoch;  // when sharding was enabled
  bool reported = false;             // its numbers have been told to the root container
  std::int64_t tombstones = -1;      // -1: not known

  bool operator==(const ShardRange&) const = default;

  // New numbers as of a time; whatever changes them takes `reported` back.
  void UpdateMeta(std::int64_t objects, std::int64_t bytes, std::string new_meta_timestamp);
};

// The order of lists, which peers see: by upper bound (unbounded last), state, lower bound, name.
bool ShardRangeBefore(const ShardRange& a, const ShardRange& b);

// The range as Swift shows it: timestamps in internal form, a missing meta or state timestamp
// replaced by `timestamp`. kBadInput with the name when Swift would not take it for a shard range:
// a name that is not account/container, a time that is none, lower above upper, negative numbers.
Result<ShardRange> NormalizeShardRange(ShardRange range);

// An object with 13 members in Swift's order.
JsonValue ToJson(const ShardRange& range);

// From a peer: members in any order, unknown ones ignored, `reported` and `tombstones` may be
// missing (Swift before 2.28). Refused as in NormalizeShardRange, but timestamps stay as they are.
Result<ShardRange> ShardRangeFromJson(const JsonValue& value);

}  // namespace dbrepl
