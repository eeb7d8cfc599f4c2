#include "replicator/peer_answers.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "common/json.h"
#include "common/strings.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {

namespace {

constexpr std::size_t kMaxSyncAnswerBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxShardRanges = 50'000;

// Reads the members of an answer; the first problem is kept, later ones are not looked for.
class AnswerReader {
 public:
  AnswerReader(const JsonValue& object, const TimeBound& times) : object_(object), times_(times) {}

  enum class Presence { kRequired, kOptional };

  // Null is missing.
  std::string Text(std::string_view name, Presence presence = Presence::kOptional,
                   std::size_t max_bytes = kMaxWireText) {
    const JsonValue* value = Member(name, presence);
    return value == nullptr ? "" : Keep(WireText(*value, name, max_bytes), std::string());
  }
  std::string Time(std::string_view name, Presence presence = Presence::kOptional) {
    std::string text = Text(name, presence);
    Keep(times_.Check(text, name));
    return text;
  }
  std::int64_t Int(std::string_view name, std::int64_t minimum,
                   Presence presence = Presence::kOptional, std::int64_t missing = 0) {
    const JsonValue* value = Member(name, presence);
    return value == nullptr ? missing : Keep(WireInt(*value, name, minimum), missing);
  }
  std::optional<std::int64_t> OptionalInt(std::string_view name, std::int64_t minimum) {
    if (Member(name, Presence::kOptional) == nullptr) return std::nullopt;
    return Int(name, minimum);
  }

  std::optional<std::int64_t> PolicyIndex(std::string_view name) {
    const JsonValue* value = Member(name, Presence::kOptional);
    if (value == nullptr) return std::nullopt;
    return Keep(WirePolicyIndex(*value, name), std::int64_t{0});
  }

  const Result<>& outcome() const { return outcome_; }

 private:
  const JsonValue* Member(std::string_view name, Presence presence) {
    const JsonValue* value = object_.Find(name);
    if (value != nullptr && !value->IsNull()) return value;
    if (presence == Presence::kRequired) Keep(Fail(Errc::kCorrupt, StrCat(name, " is missing")));
    return nullptr;
  }
  void Keep(Result<> read) {
    if (!read && outcome_) outcome_ = std::move(read);
  }
  template <class Value>
  Value Keep(Result<Value> read, Value missing) {
    if (read) return *std::move(read);
    Keep(Result<>(Fail(std::move(read).error())));
    return missing;
  }

  const JsonValue& object_;
  const TimeBound& times_;
  Result<> outcome_;
};

tl::unexpected<Error> Corrupt(Error error, std::string_view op) {
  error.code = Errc::kCorrupt;
  return Fail(std::move(error).Within(StrCat("answer to ", op)));
}

SyncAnswer ReadSyncAnswer(AnswerReader& reader) {
  constexpr auto kRequired = AnswerReader::Presence::kRequired;
  SyncAnswer answer;
  ReplicationInfo& info = answer.info;
  info.account = reader.Text("account", AnswerReader::Presence::kOptional, kMaxWireMetadata);
  info.container = reader.Text("container", AnswerReader::Presence::kOptional, kMaxWireMetadata);
  info.hash = reader.Text("hash", kRequired);
  info.id = reader.Text("id", kRequired);
  info.max_row = reader.Int("max_row", -1, kRequired, -1);
  answer.point = reader.Int("point", -1, kRequired, -1);
  info.created_at = reader.Time("created_at", kRequired);
  info.put_timestamp = reader.Time("put_timestamp", kRequired);
  info.delete_timestamp = reader.Time("delete_timestamp", kRequired);
  info.status_changed_at = reader.Time("status_changed_at");
  info.metadata = reader.Text("metadata", AnswerReader::Presence::kOptional, kMaxWireMetadata);
  info.count = reader.Int("count", INT64_MIN);
  info.db_state = reader.Text("db_state");
  answer.storage_policy_index = reader.PolicyIndex("storage_policy_index");
  info.storage_policy_index = answer.storage_policy_index.value_or(0);
  answer.shard_max_row = reader.OptionalInt("shard_max_row", -1);
  info.shard_max_row = answer.shard_max_row.value_or(-1);
  return answer;
}

}  // namespace

Result<SyncAnswer> ParseSyncAnswer(const HttpResponse& response, const TimeBound& times) {
  JsonLimits limits;
  limits.max_bytes = kMaxSyncAnswerBytes;
  auto parsed = ParseJson(response.body, limits);
  if (!parsed) return Corrupt(std::move(parsed).error(), "sync");
  if (parsed->AsObject() == nullptr)
    return Fail(Errc::kCorrupt, "answer to sync: not a JSON object");
  AnswerReader reader(*parsed, times);
  SyncAnswer answer = ReadSyncAnswer(reader);
  if (!reader.outcome()) return Corrupt(reader.outcome().error(), "sync");
  answer.is_own = response.head.headers.Find(kOwnPeerHeader) != nullptr;
  if (const std::string* digest = response.head.headers.Find(kShardRangesHeader);
      digest != nullptr && answer.is_own) {
    answer.shard_ranges_digest = *digest;
  }
  return answer;
}

Result<std::vector<ShardRange>> ParseShardRangesAnswer(const HttpResponse& response,
                                                       const TimeBound& times) {
  constexpr std::string_view kOp = "get_shard_ranges";
  auto parsed = ParseJson(response.body);
  if (!parsed) return Corrupt(std::move(parsed).error(), kOp);
  const JsonValue::Array* list = parsed->AsArray();
  if (list == nullptr) return Corrupt({Errc::kCorrupt, "not a JSON array", ""}, kOp);
  if (list->size() > kMaxShardRanges)
    return Corrupt({Errc::kCorrupt, StrCat(list->size(), " shard ranges are too many"), ""}, kOp);
  std::vector<ShardRange> ranges;
  ranges.reserve(list->size());
  for (const JsonValue& item : *list) {
    auto range = WireShardRange(item, times);
    if (!range) return Corrupt(std::move(range).error(), kOp);
    ranges.push_back(*std::move(range));
  }
  return ranges;
}

}  // namespace dbrepl
