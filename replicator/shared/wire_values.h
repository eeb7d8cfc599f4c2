// What peers put into requests, taken into types and kept within bounds. Everything refused is
// kBadInput, naming the argument. Pure, thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/shard_range.h"
#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// Database ids, hashes and timestamps are far shorter.
inline constexpr std::size_t kMaxWireText = 255;
// A database's metadata; Swift's clients may set 4 KiB, its middleware some more.
inline constexpr std::size_t kMaxWireMetadata = std::size_t{1} << 20;

// How far ahead of a node's clock a timestamp may be: a later one would win every conflict until
// then.
inline constexpr std::chrono::seconds kMaxClockAhead = std::chrono::hours(24 * 366);

// Of an argument that is a single value: a peer's metadata, with all of it escaped, is the longest.
inline constexpr JsonLimits kSingleValue = {
    .max_depth = 4, .max_bytes = 8 * kMaxWireMetadata, .max_values = 16};

// One argument of a request. `name` stands in errors.
Result<JsonValue> ParseArgument(std::string_view json, std::string_view name,
                                const JsonLimits& limits = kSingleValue);
// Text of at most `max_bytes`; null is no text.
Result<std::string> WireText(const JsonValue& value, std::string_view name,
                             std::size_t max_bytes = kMaxWireText);
// An integer not below `minimum`.
Result<std::int64_t> WireInt(const JsonValue& value, std::string_view name, std::int64_t minimum);
// The index of a storage policy.
Result<std::int64_t> WirePolicyIndex(const JsonValue& value, std::string_view name);

// Timestamps that may be merged: none later than some time ahead of this node's clock, for such a
// one would win every conflict until then.
class TimeBound {
 public:
  TimeBound(double now_seconds, std::chrono::seconds ahead);

  // All three times of a row's "t+d+d" too. Text that is no timestamp is refused; empty text and
  // "0" stand for "never".
  Result<> Check(std::string_view timestamp, std::string_view name) const;
  // The first text that is too late, for comparisons as text.
  const std::string& first_refused() const { return first_refused_; }

 private:
  std::int64_t last_units_;
  std::string first_refused_;
};

// A shard range, all of its times within the bound.
Result<ShardRange> WireShardRange(const JsonValue& value, const TimeBound& times);

}  // namespace dbrepl
