#include "broker/shard_range.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "broker/shard_range_merge.h"

namespace dbrepl {
namespace {

ShardRange Range(std::string name, std::string lower, std::string upper,
                 ShardState state = ShardState::kActive) {
  ShardRange range;
  range.name = std::move(name);
  range.timestamp = range.meta_timestamp = range.state_timestamp = "1700000001.00000";
  range.lower = std::move(lower);
  range.upper = std::move(upper);
  range.state = state;
  return range;
}

constexpr char kWire[] =
    R"({"name": "a/c", "timestamp": "1700000001.00000", "lower": "", "upper": "m", )"
    R"("object_count": 3, "bytes_used": 30, "meta_timestamp": "1700000002.00000", )"
    R"("deleted": 0, "state": 40, "state_timestamp": "1700000003.00000", "epoch": null, )"
    R"("reported": 1, "tombstones": 7})";

Result<ShardRange> FromText(std::string_view text) {
  return ShardRangeFromJson(ParseJson(text).value());
}

// kWire with one member's text replaced.
Result<ShardRange> FromWireWith(std::string_view member, std::string_view text) {
  JsonValue value = ParseJson(kWire).value();
  value.Set(std::string(member), ParseJson(text).value());
  return ShardRangeFromJson(value);
}

TEST(ShardRangeTest, WireFormSurvivesARoundTripByteForByte) {
  const ShardRange range = FromText(kWire).value();
  EXPECT_EQ(range.upper, "m");
  EXPECT_EQ(range.object_count, 3);
  EXPECT_EQ(range.state, ShardState::kActive);
  EXPECT_TRUE(range.reported);
  EXPECT_EQ(range.tombstones, 7);
  EXPECT_EQ(DumpJson(ToJson(range)), kWire);
}

TEST(ShardRangeTest, MembersThatOldSwiftDidNotSendHaveDefaults) {
  JsonValue value = ParseJson(kWire).value();
  auto& members = *value.AsObject();
  members.erase(std::remove_if(members.begin(), members.end(),
                               [](const JsonValue::Member& member) {
                                 return member.first == "reported" || member.first == "tombstones";
                               }),
                members.end());
  const ShardRange range = ShardRangeFromJson(value).value();
  EXPECT_FALSE(range.reported);
  EXPECT_EQ(range.tombstones, -1);
}

TEST(ShardRangeTest, TimestampsFromPeersStayAsTheyAre) {
  EXPECT_EQ(FromWireWith("timestamp", "\"5\"").value().timestamp, "5");
  EXPECT_EQ(FromWireWith("epoch", "\"5\"").value().epoch, "5");
}

TEST(ShardRangeTest, RefusesWhatSwiftWouldNotTakeForAShardRange) {
  const std::pair<const char*, const char*> bad[] = {
      {"name", "\"c\""},
      {"name", "\"a/\""},
      {"name", "\"a/b/c\""},
      {"name", "null"},
      {"timestamp", "\"junk\""},
      {"timestamp", "7"},
      {"lower", "\"n\""},
      {"object_count", "-1"},
      {"object_count", "\"3\""},
      {"bytes_used", "-1"},
      {"state", "41"},
      {"state", "null"},
      {"epoch", "\"never\""},
      {"meta_timestamp", "null"},
      {"state_timestamp", "\"-5\""},
      {"tombstones", "\"x\""},
  };
  for (const auto& [member, text] : bad) {
    const auto range = FromWireWith(member, text);
    ASSERT_FALSE(range.has_value()) << member << " " << text;
    EXPECT_EQ(range.error().code, Errc::kBadInput);
    EXPECT_NE(range.error().message.find("shard range"), std::string::npos);
  }
  EXPECT_FALSE(FromText("[]").has_value());
}

TEST(ShardRangeTest, NormalizingFillsMissingTimesAndFormatsThem) {
  ShardRange range = Range("a/c", "b", "b");
  range.timestamp = "5";
  range.meta_timestamp = "";
  range.state_timestamp = "6.5_1";
  range.epoch = "7";
  const ShardRange normal = NormalizeShardRange(range).value();
  EXPECT_EQ(normal.timestamp, "0000000005.00000");
  EXPECT_EQ(normal.meta_timestamp, "0000000005.00000");
  EXPECT_EQ(normal.state_timestamp, "0000000006.50000_0000000000000001");
  EXPECT_EQ(normal.epoch, "0000000007.00000");
}

TEST(ShardRangeTest, ListsAreOrderedByUpperStateLowerName) {
  const std::vector<ShardRange> sorted = {
      Range("a/1", "", "d", ShardState::kCreated),
      Range("a/2", "", "d", ShardState::kActive),
      Range("a/1", "b", "d", ShardState::kActive),
      Range("a/3", "b", "d", ShardState::kActive),
      Range("a/1", "", "\u00e9"),
      Range("a/1", "", "", ShardState::kFound),
      Range("a/0", "z", "", ShardState::kSharding),
  };
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(ShardRangeBefore(sorted[i], sorted[j]), i < j) << i << " " << j;
    }
  }
}

TEST(ShardRangeTest, ChangedNumbersTakeReportedBack) {
  ShardRange range = Range("a/c", "", "");
  range.object_count = 1;
  range.reported = true;
  range.UpdateMeta(1, 0, "1700000002.00000");
  EXPECT_TRUE(range.reported);
  EXPECT_EQ(range.meta_timestamp, "1700000002.00000");
  range.UpdateMeta(1, 1, "1700000003.00000");
  EXPECT_FALSE(range.reported);
  EXPECT_EQ(range.bytes_used, 1);
}

TEST(ShardRangeTest, StatesHaveNamesAndNumbers) {
  EXPECT_EQ(ShardStateName(ShardState::kShrinking), "shrinking");
  EXPECT_EQ(ShardStateFromNumber(80), ShardState::kShrunk);
  EXPECT_EQ(ShardStateFromNumber(0), std::nullopt);
}

}  // namespace
}  // namespace dbrepl
