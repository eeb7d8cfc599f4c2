#include "broker/shard_range.h"

#include <array>
#include <tuple>
#include <utility>

#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

constexpr std::array<std::pair<ShardState, std::string_view>, 8> kStates = {{
    {ShardState::kFound, "found"},
    {ShardState::kCreated, "created"},
    {ShardState::kCleaved, "cleaved"},
    {ShardState::kActive, "active"},
    {ShardState::kShrinking, "shrinking"},
    {ShardState::kSharding, "sharding"},
    {ShardState::kSharded, "sharded"},
    {ShardState::kShrunk, "shrunk"},
}};

tl::unexpected<Error> Refuse(const ShardRange& range, std::string_view problem) {
  return Fail(Errc::kBadInput,
              StrCat("shard range \"", Printable(range.name), "\": ", std::string(problem)));
}

bool IsContainerPath(std::string_view name) {
  const auto parts = Split(name, '/');
  return parts.size() == 2 && !parts[0].empty() && !parts[1].empty();
}

Result<> Normalize(const ShardRange& range, std::string_view field, std::string& timestamp) {
  const auto parsed = Timestamp::Parse(timestamp);
  if (!parsed) return Refuse(range, StrCat(field, " ", parsed.error().message));
  timestamp = parsed->Internal();
  return {};
}

// Reads members of one JSON object; the first problem is kept, later ones are not looked for.
class MemberReader {
 public:
  explicit MemberReader(const JsonValue& object) : object_(object) {}

  // Null or missing is empty.
  std::string Text(std::string_view member) {
    const JsonValue* value = object_.Find(member);
    if (value == nullptr || value->IsNull()) return {};
    if (const std::string* text = value->AsString()) return *text;
    Complain(member, "is not text");
    return {};
  }

  std::string RequiredText(std::string_view member) {
    const JsonValue* value = object_.Find(member);
    if (value == nullptr || value->IsNull()) Complain(member, "is missing");
    return Text(member);
  }

  std::int64_t Int(std::string_view member, std::optional<std::int64_t> fallback = std::nullopt) {
    const JsonValue* value = object_.Find(member);
    if (value == nullptr || value->IsNull()) {
      if (!fallback) Complain(member, "is missing");
      return fallback.value_or(0);
    }
    if (const std::int64_t* number = value->AsInt()) return *number;
    if (const bool* flag = value->AsBool()) return *flag ? 1 : 0;
    Complain(member, "is not an integer");
    return 0;
  }

  const std::string& problem() const { return problem_; }
  void Complain(std::string_view member, std::string_view what) {
    if (problem_.empty()) problem_ = StrCat(member, " ", what);
  }

 private:
  const JsonValue& object_;
  std::string problem_;
};

}  // namespace

std::string_view ShardStateName(ShardState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) return name;
  }
  return "unknown";
}

std::optional<ShardState> ShardStateFromNumber(std::int64_t number) {
  for (const auto& [state, name] : kStates) {
    if (static_cast<std::int64_t>(state) == number) return state;
  }
  return std::nullopt;
}

void ShardRange::UpdateMeta(std::int64_t objects, std::int64_t bytes,
                            std::string new_meta_timestamp) {
  if (object_count != objects || bytes_used != bytes) reported = false;
  object_count = objects;
  bytes_used = bytes;
  meta_timestamp = std::move(new_meta_timestamp);
}

bool ShardRangeBefore(const ShardRange& a, const ShardRange& b) {
  const auto key = [](const ShardRange& range) {
    const bool unbounded = range.upper.empty();
    return std::tuple<bool, std::string_view, ShardState, std::string_view, std::string_view>(
        unbounded, range.upper, range.state, range.lower, range.name);
  };
  return key(a) < key(b);
}

Result<ShardRange> NormalizeShardRange(ShardRange range) {
  if (!IsContainerPath(range.name)) return Refuse(range, "name is not <account>/<container>");
  if (!range.upper.empty() && range.lower > range.upper) {
    return Refuse(range, "lower bound is above the upper bound");
  }
  if (range.object_count < 0) return Refuse(range, "object_count is negative");
  if (range.bytes_used < 0) return Refuse(range, "bytes_used is negative");
  if (range.meta_timestamp.empty()) range.meta_timestamp = range.timestamp;
  if (range.state_timestamp.empty()) range.state_timestamp = range.timestamp;
  TRY(Normalize(range, "timestamp", range.timestamp));
  TRY(Normalize(range, "meta_timestamp", range.meta_timestamp));
  TRY(Normalize(range, "state_timestamp", range.state_timestamp));
  if (range.epoch) TRY(Normalize(range, "epoch", *range.epoch));
  return range;
}

JsonValue ToJson(const ShardRange& range) {
  return JsonValue::Object{
      {"name", range.name},
      {"timestamp", range.timestamp},
      {"lower", range.lower},
      {"upper", range.upper},
      {"object_count", range.object_count},
      {"bytes_used", range.bytes_used},
      {"meta_timestamp", range.meta_timestamp},
      {"deleted", range.deleted ? 1 : 0},
      {"state", static_cast<int>(range.state)},
      {"state_timestamp", range.state_timestamp},
      {"epoch", range.epoch ? JsonValue(*range.epoch) : JsonValue()},
      {"reported", range.reported ? 1 : 0},
      {"tombstones", range.tombstones},
  };
}

Result<ShardRange> ShardRangeFromJson(const JsonValue& value) {
  if (value.AsObject() == nullptr) return Fail(Errc::kBadInput, "shard range: not an object");
  MemberReader members(value);
  ShardRange range;
  range.name = members.RequiredText("name");
  range.timestamp = members.RequiredText("timestamp");
  range.lower = members.Text("lower");
  range.upper = members.Text("upper");
  range.object_count = members.Int("object_count");
  range.bytes_used = members.Int("bytes_used");
  range.meta_timestamp = members.RequiredText("meta_timestamp");
  range.deleted = members.Int("deleted") != 0;
  const auto state = ShardStateFromNumber(members.Int("state"));
  if (!state) members.Complain("state", "is no state");
  range.state = state.value_or(ShardState::kFound);
  range.state_timestamp = members.RequiredText("state_timestamp");
  const JsonValue* epoch = value.Find("epoch");
  if (epoch != nullptr && !epoch->IsNull()) range.epoch = members.Text("epoch");
  range.reported = members.Int("reported", 0) != 0;
  range.tombstones = members.Int("tombstones", -1);
  if (!members.problem().empty()) return Refuse(range, members.problem());
  TRY(NormalizeShardRange(range));
  return range;
}

}  // namespace dbrepl
