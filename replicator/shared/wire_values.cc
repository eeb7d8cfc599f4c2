#include "replicator/shared/wire_values.h"

#include <algorithm>
#include <utility>

#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

tl::unexpected<Error> Refuse(std::string_view name, std::string_view problem) {
  return Fail(Errc::kBadInput, StrCat(name, ": ", problem));
}

constexpr std::int64_t kMaxPolicyIndex = 1'000'000;

}  // namespace

Result<JsonValue> ParseArgument(std::string_view json, std::string_view name,
                                const JsonLimits& limits) {
  auto value = ParseJson(json, limits);
  if (!value) return Fail(std::move(value).error().Within(name));
  return value;
}

Result<std::string> WireText(const JsonValue& value, std::string_view name, std::size_t max_bytes) {
  const std::string* text = value.AsString();
  if (text == nullptr) return Refuse(name, "no text");
  if (text->size() > max_bytes) return Refuse(name, StrCat("longer than ", max_bytes, " bytes"));
  return *text;
}

Result<std::int64_t> WireInt(const JsonValue& value, std::string_view name, std::int64_t minimum) {
  const std::int64_t* number = value.AsInt();
  if (number == nullptr) return Refuse(name, "no integer");
  if (*number < minimum) return Refuse(name, StrCat(*number, " is below ", minimum));
  return *number;
}

Result<std::int64_t> WirePolicyIndex(const JsonValue& value, std::string_view name) {
  TRY_ASSIGN(const std::int64_t index, WireInt(value, name, 0));
  if (index > kMaxPolicyIndex) return Refuse(name, StrCat(index, " is too large"));
  return index;
}

TimeBound::TimeBound(double now_seconds, std::chrono::seconds ahead) {
  const auto seconds = static_cast<std::int64_t>(now_seconds) + ahead.count();
  constexpr std::int64_t kLast = Timestamp::kUnitsEnd - 1;
  last_units_ = std::clamp(seconds, std::int64_t{0}, kLast / Timestamp::kUnitsPerSecond) *
                Timestamp::kUnitsPerSecond;
  first_refused_ = Timestamp::FromUnits(std::min(last_units_ + 1, kLast)).Normal();
}

Result<> TimeBound::Check(std::string_view timestamp, std::string_view name) const {
  if (timestamp.empty()) return {};
  if (timestamp.size() > kMaxWireText) return Refuse(name, "too long for a timestamp");
  const auto times = DecodeRowTimes(timestamp);
  if (!times) return Refuse(name, StrCat('"', Printable(timestamp), "\" is no timestamp"));
  const auto last = std::max({times->data, times->content_type, times->metadata});
  if (last.units() > last_units_)
    return Refuse(name, StrCat('"', Printable(timestamp), "\" lies too far ahead of our clock"));
  return {};
}

Result<ShardRange> WireShardRange(const JsonValue& value, const TimeBound& times) {
  TRY_ASSIGN(ShardRange range, ShardRangeFromJson(value));
  TRY(times.Check(range.timestamp, "timestamp"));
  TRY(times.Check(range.meta_timestamp, "meta_timestamp"));
  TRY(times.Check(range.state_timestamp, "state_timestamp"));
  if (range.epoch) TRY(times.Check(*range.epoch, "epoch"));
  return range;
}

}  // namespace dbrepl
