#include "broker/shard_range_merge.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

std::string Time(int seconds) { return "17000000" + std::to_string(10 + seconds) + ".00000"; }

ShardRange Range(int time = 1, int meta = 1, int state_time = 1) {
  ShardRange range;
  range.name = "a/c";
  range.timestamp = Time(time);
  range.lower = "d";
  range.upper = "m";
  range.object_count = 10;
  range.bytes_used = 100;
  range.meta_timestamp = Time(meta);
  range.state = ShardState::kCreated;
  range.state_timestamp = Time(state_time);
  range.tombstones = 1;
  return range;
}

TEST(ShardRangeMergeTest, ANewerTimestampWinsEverythingAndResetsReported) {
  const ShardRange existing = Range(1, 9, 9);
  ShardRange range = Range(2, 2, 2);
  range.lower = "c";
  range.deleted = true;
  range.reported = true;
  ShardRange expected = range;
  expected.reported = false;
  EXPECT_TRUE(MergeOverExisting(existing, range));
  EXPECT_EQ(range, expected);
}

TEST(ShardRangeMergeTest, AnOlderTimestampIsIgnored) {
  ShardRange range = Range(1, 9, 9);
  EXPECT_FALSE(MergeOverExisting(Range(2, 2, 2), range));
}

TEST(ShardRangeMergeTest, TimestampsAreComparedAsText) {
  ShardRange existing = Range();
  existing.timestamp = "9";
  ShardRange range = Range();
  EXPECT_FALSE(MergeOverExisting(existing, range));
}

TEST(ShardRangeMergeTest, BoundsAndDeletedBelongToTheTimestamp) {
  ShardRange range = Range(1, 2, 1);
  range.lower = "";
  range.upper = "";
  range.deleted = true;
  EXPECT_TRUE(MergeOverExisting(Range(1, 1, 1), range));
  EXPECT_EQ(range.lower, "d");
  EXPECT_EQ(range.upper, "m");
  EXPECT_FALSE(range.deleted);
}

TEST(ShardRangeMergeTest, NumbersFollowTheMetaTimestampAndTiesStay) {
  ShardRange existing = Range(1, 5, 1);
  ShardRange range = Range(1, 5, 1);
  range.object_count = 11;
  range.bytes_used = 110;
  range.tombstones = 2;
  EXPECT_FALSE(MergeOverExisting(existing, range));
  EXPECT_EQ(range, existing);

  range.object_count = 11;
  range.meta_timestamp = Time(6);
  EXPECT_TRUE(MergeOverExisting(existing, range));
  EXPECT_EQ(range.object_count, 11);
}

TEST(ShardRangeMergeTest, OfEqualStateTimestampsTheLaterStateWins) {
  const ShardRange existing = Range();
  ShardRange later = Range();
  later.state = ShardState::kCleaved;
  later.epoch = Time(3);
  EXPECT_TRUE(MergeOverExisting(existing, later));
  EXPECT_EQ(later.state, ShardState::kCleaved);

  ShardRange earlier = Range();
  earlier.state = ShardState::kFound;
  EXPECT_FALSE(MergeOverExisting(existing, earlier));
  EXPECT_EQ(earlier.state, ShardState::kCreated);
}

TEST(ShardRangeMergeTest, TheEpochTravelsWithTheState) {
  ShardRange existing = Range(1, 1, 5);
  existing.epoch = Time(5);
  ShardRange older = Range(1, 2, 4);
  older.state = ShardState::kShrunk;
  EXPECT_TRUE(MergeOverExisting(existing, older));  // for its numbers
  EXPECT_EQ(older.epoch, Time(5));
  EXPECT_EQ(older.state, ShardState::kCreated);
  EXPECT_EQ(older.state_timestamp, Time(5));

  ShardRange newer = Range(1, 1, 6);
  newer.state = ShardState::kFound;
  EXPECT_TRUE(MergeOverExisting(existing, newer));
  EXPECT_EQ(newer.epoch, std::nullopt);
  EXPECT_EQ(newer.state, ShardState::kFound);
}

TEST(ShardRangeMergeTest, ReportedLatchesWhileNothingElseChanges) {
  ShardRange existing = Range();
  existing.reported = true;
  ShardRange same = Range();
  EXPECT_FALSE(MergeOverExisting(existing, same));
  EXPECT_TRUE(same.reported);

  ShardRange newer_numbers = Range(1, 2, 1);
  newer_numbers.object_count = 11;
  EXPECT_TRUE(MergeOverExisting(existing, newer_numbers));
  EXPECT_FALSE(newer_numbers.reported);

  ShardRange newer_tombstones = Range(1, 2, 1);
  newer_tombstones.tombstones = 5;
  EXPECT_TRUE(MergeOverExisting(existing, newer_tombstones));
  EXPECT_FALSE(newer_tombstones.reported);

  ShardRange later_state = Range();
  later_state.state = ShardState::kActive;
  EXPECT_TRUE(MergeOverExisting(existing, later_state));
  EXPECT_FALSE(later_state.reported);

  ShardRange other_epoch = Range(1, 1, 0);
  other_epoch.epoch = Time(9);
  EXPECT_FALSE(MergeOverExisting(existing, other_epoch));
  EXPECT_FALSE(other_epoch.reported);
}

TEST(ShardRangeMergeTest, ReportedIsNewsByItself) {
  ShardRange range = Range();
  range.reported = true;
  EXPECT_TRUE(MergeOverExisting(Range(), range));
  EXPECT_TRUE(range.reported);
}

TEST(ShardRangeMergeTest, ABatchMergesItsDuplicatesAndKeepsFirstPlaces) {
  ShardRange other = Range();
  other.name = "a/other";
  ShardRange newer_state = Range(1, 1, 3);
  newer_state.state = ShardState::kActive;
  const ShardRangeMerge merge =
      PlanShardRangeMerge({Range()}, {Range(1, 2, 1), other, newer_state, Range(1, 1, 1)});
  EXPECT_EQ(merge.superseded, std::vector<std::string>{"a/c"});
  ASSERT_EQ(merge.winners.size(), 2U);
  EXPECT_EQ(merge.winners[0].name, "a/c");
  EXPECT_EQ(merge.winners[0].meta_timestamp, Time(2));
  EXPECT_EQ(merge.winners[0].state, ShardState::kActive);
  EXPECT_EQ(merge.winners[1], other);
}

TEST(ShardRangeMergeTest, NothingNewLeavesTheRowAlone) {
  const ShardRangeMerge merge = PlanShardRangeMerge({Range()}, {Range(), Range(0, 9, 9)});
  EXPECT_TRUE(merge.superseded.empty());
  EXPECT_TRUE(merge.winners.empty());
}

TEST(ShardRangeMergeTest, OwnRangeWithEpochRefusesOneWithout) {
  ShardRange own = Range(1, 1, 5);
  own.epoch = Time(5);
  ShardRange winning = Range(1, 1, 6);
  ShardRange losing = Range(1, 1, 4);
  ShardRange with_epoch = Range(1, 1, 7);
  with_epoch.epoch = Time(7);
  ShardRange other = winning;
  other.name = "a/other";

  const auto filter = FilterOwnShardRange(own, {winning, losing, with_epoch, other});
  EXPECT_EQ(filter.kept, (std::vector<ShardRange>{with_epoch, other}));
  EXPECT_EQ(filter.refused, std::vector<ShardRange>{winning});

  own.epoch.reset();
  EXPECT_EQ(FilterOwnShardRange(own, {winning, other}).kept.size(), 2U);
}

// Equal timestamps mean equal content, as in a cluster where each writer stamps what it writes.
ShardRange RandomRange(std::mt19937& random) {
  const auto pick = [&random](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  ShardRange range = Range(pick(3), pick(4), pick(4));
  range.name = "a/" + std::to_string(pick(3));
  const auto digit = [](const std::string& time) { return time.substr(9, 1); };
  range.lower = digit(range.timestamp);
  range.deleted = digit(range.timestamp) == "2";
  range.object_count = std::stoi(digit(range.meta_timestamp));
  range.tombstones = range.object_count * 2;
  if (digit(range.state_timestamp) != "0") range.epoch = range.state_timestamp;
  constexpr ShardState kStates[] = {ShardState::kFound, ShardState::kActive, ShardState::kSharded};
  range.state = kStates[pick(3)];
  return range;
}

using Table = std::map<std::string, ShardRange>;

Table Apply(Table table, const std::vector<ShardRange>& items) {
  std::vector<ShardRange> existing;
  for (const auto& [name, range] : table) existing.push_back(range);
  for (ShardRange& winner : PlanShardRangeMerge(existing, items).winners) {
    table[winner.name] = winner;
  }
  return table;
}

TEST(ShardRangeMergeTest, OrderGroupingAndRepetitionDoNotMatter) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    std::mt19937 random(seed);
    std::vector<ShardRange> first, second, both;
    for (int i = 0; i < 4; ++i) first.push_back(RandomRange(random));
    for (int i = 0; i < 4; ++i) second.push_back(RandomRange(random));
    both = first;
    both.insert(both.end(), second.begin(), second.end());

    const Table together = Apply({}, both);
    EXPECT_EQ(Apply(Apply({}, first), second), together) << "seed " << seed;
    EXPECT_EQ(Apply(Apply({}, second), first), together) << "seed " << seed;
    EXPECT_EQ(Apply(together, both), together) << "seed " << seed;
    std::vector<ShardRange> existing;
    for (const auto& [name, range] : together) existing.push_back(range);
    EXPECT_TRUE(PlanShardRangeMerge(existing, both).winners.empty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace dbrepl
