#include <unistd.h>

#include "broker/db_path.h"
#include "broker/shard_range_merge.h"
#include "tests/unit/broker/container_fixture.h"

namespace dbrepl {
namespace {

const char* const kEpoch = "1700000050.00000";

ShardRange Range(const std::string& name, const std::string& upper = "",
                 ShardState state = ShardState::kActive, std::int64_t objects = 0) {
  ShardRange range;
  range.name = name;
  range.timestamp = range.meta_timestamp = range.state_timestamp = Time(1);
  range.upper = upper;
  range.state = state;
  range.object_count = objects;
  range.bytes_used = objects * 10;
  return range;
}

ShardRange OwnRange(ShardState state = ShardState::kSharded) {
  ShardRange own = Range("AUTH_a/c", "", state);
  own.epoch = kEpoch;
  return own;
}

class ContainerShardingTest : public ContainerTest {
 protected:
  std::vector<std::string> Names(const std::vector<ShardRange>& ranges) {
    std::vector<std::string> names;
    names.reserve(ranges.size());
    for (const ShardRange& range : ranges) names.push_back(range.name);
    return names;
  }
};

// ---- State

TEST_F(ContainerShardingTest, TheStateFollowsFromFilesAndOwnRange) {
  EXPECT_EQ(Broker().GetDbState().value(), DbState::kNotFound);
  Create();
  EXPECT_EQ(Broker().GetDbState().value(), DbState::kUnsharded);
  Create(kEpoch);
  EXPECT_EQ(Broker().GetDbState().value(), DbState::kSharding);

  ASSERT_EQ(::unlink(Path().c_str()), 0);
  EXPECT_EQ(Broker().GetDbState().value(), DbState::kUnsharded) << "no own range yet";
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({OwnRange()}));
  EXPECT_EQ(broker.GetDbState().value(), DbState::kCollapsed);
  ExpectOk(broker.MergeShardRanges({Range("shards/1")}));
  EXPECT_EQ(broker.GetDbState().value(), DbState::kSharded);
  EXPECT_EQ(broker.GetInfo().value().db_state, "sharded");

  ShardRange deleted = Range("shards/1");
  deleted.timestamp = Time(2);
  deleted.deleted = true;
  ExpectOk(broker.MergeShardRanges({deleted}));
  EXPECT_EQ(broker.GetDbState().value(), DbState::kCollapsed);
  ShardRange other_epoch = OwnRange();
  other_epoch.state_timestamp = Time(2);
  other_epoch.epoch = Time(60);
  ExpectOk(broker.MergeShardRanges({other_epoch}));
  EXPECT_EQ(broker.GetDbState().value(), DbState::kUnsharded);
}

TEST_F(ContainerShardingTest, TheNewestFileIsTheDatabase) {
  Create();
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("old", Time(1))}));
  Create(kEpoch);
  ExpectOk(broker.MergeItems({Item("still old", Time(1))}));
  broker.ReloadFiles();
  ExpectOk(broker.MergeItems({Item("fresh", Time(1))}));
  EXPECT_EQ(Query("SELECT name FROM object"), (Rows{"old", "still old"}));
  EXPECT_EQ(dbrepl::Query(Path(kEpoch), "SELECT name FROM object"), Rows{"fresh"});
  EXPECT_EQ(broker.DbFiles().value(), (std::vector<std::string>{Path(), Path(kEpoch)}));

  ContainerBroker exactly(Path(), options_, ContainerBroker::Files::kExactly);
  EXPECT_EQ(exactly.DbFile().value(), Path());
  EXPECT_EQ(exactly.GetMaxRow().value(), 2);
}

TEST_F(ContainerShardingTest, OnePendingFileServesAllEpochs) {
  Create(kEpoch);
  auto broker = Broker();
  ExpectOk(broker.PutObject(Item("o", Time(1))));
  EXPECT_EQ(PendingPath(Path(kEpoch)), Path() + ".pending");
  ContainerBroker by_epoch(Path(kEpoch), options_);
  ExpectOk(by_epoch.CommitPending());
  EXPECT_EQ(dbrepl::Query(Path(kEpoch), "SELECT name FROM object"), Rows{"o"});
}

TEST_F(ContainerShardingTest, WhileShardingTheRetiringFileCounts) {
  Create();
  auto unsharded = Broker();
  ExpectOk(unsharded.MergeItems({Item("a", Time(1), 10), Item("b", Time(1), 20)}));
  Create(kEpoch);
  auto broker = Broker();
  EXPECT_FALSE(broker.Empty().value()) << "the retiring file has rows";
  ExpectOk(broker.MergeItems({Item("c", Time(1), 40)}));
  const ReplicationInfo info = broker.GetReplicationInfo().value();
  EXPECT_EQ(info.count, 2);
  EXPECT_EQ(info.bytes_used, 30);
  EXPECT_EQ(info.max_row, 1) << "rows are those of the fresh file";
  EXPECT_EQ(info.db_state, "sharding");
  EXPECT_FALSE(broker.Empty().value());

  ContainerBroker retiring(Path(), options_, ContainerBroker::Files::kExactly);
  ExpectOk(retiring.MergeItems({Deletion("a", Time(2)), Deletion("b", Time(2))}));
  EXPECT_FALSE(broker.Empty().value()) << "the fresh file has a row";
  ExpectOk(broker.MergeItems({Deletion("c", Time(2))}));
  EXPECT_TRUE(broker.Empty().value());
  ExpectOk(broker.DeleteDb(Time(9)));
  EXPECT_TRUE(broker.IsDeleted().value());
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'500, 10).value()) << "never while sharding";
}

TEST_F(ContainerShardingTest, AShardedRootCountsItsShards) {
  Create(kEpoch);
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({OwnRange(), Range("s/active", "b", ShardState::kActive, 1),
                                    Range("s/sharding", "c", ShardState::kSharding, 2),
                                    Range("s/shrinking", "d", ShardState::kShrinking, 4),
                                    Range("s/cleaved", "e", ShardState::kCleaved, 8),
                                    Range("s/sharded", "f", ShardState::kSharded, 16)}));
  EXPECT_EQ(broker.GetInfo().value().count, 7);
  EXPECT_EQ(broker.GetInfo().value().bytes_used, 70);
  EXPECT_FALSE(broker.Empty().value());
  ExpectOk(broker.DeleteDb(Time(9)));
  EXPECT_FALSE(broker.IsDeleted().value());
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'500, 10).value());
}

TEST_F(ContainerShardingTest, AShardJudgesByItsOwnRows) {
  Create(kEpoch);
  auto broker = Broker();
  ExpectOk(broker.UpdateMetadata({{"X-Container-Sysmeta-Shard-Quoted-Root", "AUTH_a/r", Time(1)}}));
  ExpectOk(broker.MergeShardRanges({OwnRange(), Range("s/1", "b", ShardState::kActive, 5)}));
  EXPECT_EQ(broker.GetDbState().value(), DbState::kSharded);
  EXPECT_EQ(broker.GetInfo().value().count, 0);
  EXPECT_TRUE(broker.Empty().value());
  ExpectOk(broker.DeleteDb(Time(9)));
  EXPECT_TRUE(broker.IsReclaimable(1'700'000'500, 10).value());
}

TEST_F(ContainerShardingTest, ARootWithOtherRangesIsNeverReclaimable) {
  Create();
  auto broker = Broker();
  ExpectOk(broker.DeleteDb(Time(9)));
  EXPECT_TRUE(broker.IsReclaimable(1'700'000'500, 10).value());
  ExpectOk(broker.MergeShardRanges({Range("s/1", "b", ShardState::kFound, 0)}));
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'500, 10).value());
}

struct InitiatedCase {
  ShardState own;
  bool with_others;
  bool initiated;
};

TEST_F(ContainerShardingTest, ShardingIsInitiatedByOwnStateAndOtherRanges) {
  constexpr InitiatedCase kCases[] = {
      {ShardState::kActive, true, false},    {ShardState::kCleaved, true, false},
      {ShardState::kSharding, false, false}, {ShardState::kSharding, true, true},
      {ShardState::kShrinking, true, true},  {ShardState::kSharded, true, true},
      {ShardState::kShrunk, true, true},
  };
  for (const InitiatedCase& one : kCases) {
    SCOPED_TRACE(ShardStateName(one.own));
    Create();
    auto broker = Broker();
    EXPECT_FALSE(broker.ShardingInitiated().value());
    ShardRange own = OwnRange(one.own);
    ExpectOk(broker.MergeShardRanges({own}));
    if (one.with_others) ExpectOk(broker.MergeShardRanges({Range("s/1")}));
    EXPECT_EQ(broker.ShardingInitiated().value(), one.initiated);
    EXPECT_EQ(broker.ShardingRequired().value(), one.initiated) << "an unsharded file";
    ASSERT_EQ(::unlink(Path().c_str()), 0);
  }
}

TEST_F(ContainerShardingTest, ShardingIsRequiredUntilItIsDone) {
  Create();
  Create(kEpoch);
  EXPECT_TRUE(Broker().ShardingRequired().value());
  ASSERT_EQ(::unlink(Path().c_str()), 0);
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({OwnRange(), Range("s/1")}));
  EXPECT_TRUE(broker.ShardingInitiated().value());
  EXPECT_FALSE(broker.ShardingRequired().value());
}

// ---- Ranges

TEST_F(ContainerShardingTest, RangesAreListedInSwiftsOrderAndFiltered) {
  Create();
  auto broker = Broker();
  ShardRange deleted = Range("s/deleted", "a");
  deleted.deleted = true;
  ExpectOk(broker.MergeShardRanges({Range("s/last"), Range("s/m", "m", ShardState::kFound),
                                    Range("s/b", "b"), OwnRange(), deleted}));
  EXPECT_EQ(Names(broker.GetShardRanges().value()),
            (std::vector<std::string>{"s/b", "s/m", "s/last"}));
  ShardRangeQuery query;
  query.states = {ShardState::kFound, ShardState::kSharded};
  EXPECT_EQ(Names(broker.GetShardRanges(query).value()), std::vector<std::string>{"s/m"});
  query = {};
  query.include_deleted = query.include_own = true;
  EXPECT_EQ(Names(broker.GetShardRanges(query).value()),
            (std::vector<std::string>{"s/deleted", "s/b", "s/m", "s/last", "AUTH_a/c"}));
  EXPECT_EQ(broker.GetReplicationInfo().value().shard_max_row, 5);
}

TEST_F(ContainerShardingTest, MergedRangesGetNewRowsOnlyWhenSomethingIsNew) {
  Create();
  auto broker = Broker();
  ShardRange range = Range("s/1", "m", ShardState::kCreated, 5);
  ExpectOk(broker.MergeShardRanges({range, Range("s/2")}));
  const Rows rows = Query("SELECT * FROM shard_range");
  EXPECT_EQ(rows[0],
            "1|s/1|1700000001.00000||m|5|50|1700000001.00000|0|20|1700000001.00000|NULL|0|"
            "-1");
  ExpectOk(broker.MergeShardRanges({range}));
  EXPECT_EQ(Query("SELECT * FROM shard_range"), rows);
  range.meta_timestamp = Time(2);
  range.object_count = 6;
  range.epoch = kEpoch;
  range.state = ShardState::kActive;
  ExpectOk(broker.MergeShardRanges({range}));
  EXPECT_EQ(Query("SELECT ROWID, name, object_count, state, epoch FROM shard_range"),
            (Rows{"2|s/2|0|40|NULL", "3|s/1|6|40|1700000050.00000"}));
}

TEST_F(ContainerShardingTest, ATieKeepsTheStoredTextOfTimes) {
  Create();
  Execute(
      "INSERT INTO shard_range (name, timestamp, lower, upper, meta_timestamp, state,"
      " state_timestamp) VALUES ('s/1', '5', '', '', '5', 40, '5')");
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({Range("s/1")}));
  EXPECT_EQ(Query("SELECT timestamp FROM shard_range"), Rows{"5"}) << "greater as text";
  EXPECT_EQ(broker.GetShardRanges().value().front().timestamp, "0000000005.00000");
}

TEST_F(ContainerShardingTest, OwnRangeWithCurrentCounts) {
  Create();
  auto broker = Broker();
  clock_.Advance(std::chrono::seconds(30));
  ExpectOk(broker.MergeItems({Item("o", Time(1), 10)}));
  const ShardRange fallback = broker.GetOwnShardRange().value();
  EXPECT_EQ(fallback.name, "AUTH_a/c");
  EXPECT_EQ(fallback.timestamp, Time(30));
  EXPECT_EQ(fallback.state, ShardState::kActive);
  EXPECT_EQ(fallback.lower + fallback.upper, "");
  EXPECT_EQ(fallback.object_count, 1);

  ShardRange own = OwnRange();
  own.reported = true;
  ExpectOk(broker.MergeShardRanges({own}));
  const ShardRange stored = broker.GetOwnShardRange().value();
  EXPECT_EQ(stored.timestamp, Time(1));
  EXPECT_EQ(stored.meta_timestamp, Time(30));
  EXPECT_EQ(stored.object_count, 1);
  EXPECT_EQ(stored.bytes_used, 10);
  EXPECT_FALSE(stored.reported);
}

TEST_F(ContainerShardingTest, APeersOwnRangeWithoutEpochNeverReplacesOneWith) {
  Create();
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({OwnRange()}));
  ShardRange without = Range("AUTH_a/c", "", ShardState::kActive);
  without.timestamp = Time(5);
  const auto refused = broker.MergePeerShardRanges({without, Range("s/1")}).value();
  EXPECT_EQ(refused, std::vector<ShardRange>{without});
  EXPECT_EQ(Query("SELECT name, epoch FROM shard_range"),
            (Rows{"AUTH_a/c|1700000050.00000", "s/1|NULL"}));
  EXPECT_TRUE(broker.MergePeerShardRanges({}).value().empty());
}

TEST_F(ContainerShardingTest, DeletedRangesAreReclaimedExceptTheOwn) {
  Create();
  auto broker = Broker();
  ShardRange own = OwnRange();
  ShardRange old = Range("s/old");
  ShardRange recent = Range("s/recent");
  own.deleted = old.deleted = recent.deleted = true;
  recent.timestamp = Time(100);
  ExpectOk(broker.MergeShardRanges({own, old, recent, Range("s/live")}));
  ExpectOk(broker.Reclaim(1'700'000'500, 1'700'000'001));
  EXPECT_EQ(Query("SELECT count(*) FROM shard_range"), Rows{"4"});
  ExpectOk(broker.Reclaim(1'700'000'500, 1'700'000'050));
  EXPECT_EQ(Query("SELECT name FROM shard_range"), (Rows{"AUTH_a/c", "s/recent", "s/live"}));
}

TEST_F(ContainerShardingTest, AStoredRangeThatIsNoneIsAnErrorThatNamesIt) {
  Create();
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({Range("s/1")}));
  Execute(
      "DELETE FROM shard_range; INSERT INTO shard_range (name, timestamp, state) VALUES"
      " ('s/1', 'junk', 40)");
  const auto ranges = broker.GetShardRanges();
  ASSERT_FALSE(ranges.has_value());
  EXPECT_NE(ranges.error().message.find("s/1"), std::string::npos);
  Execute(
      "DELETE FROM shard_range; INSERT INTO shard_range (name, timestamp, state) VALUES"
      " ('s/1', '5', 41)");
  EXPECT_FALSE(broker.GetShardRanges().has_value());
}

// ---- Roots

TEST_F(ContainerShardingTest, TheRootIsFoundInNewAndOldMetadata) {
  Create();
  auto broker = Broker();
  EXPECT_EQ(broker.RootPath().value(), "AUTH_a/c");
  EXPECT_TRUE(broker.IsRootContainer().value());
  ExpectOk(
      broker.UpdateMetadata({{"X-Container-Sysmeta-Shard-Root", "AUTH_a/old%20root", Time(1)}}));
  EXPECT_EQ(broker.RootPath().value(), "AUTH_a/old%20root");
  EXPECT_FALSE(broker.IsRootContainer().value());
  ExpectOk(broker.UpdateMetadata(
      {{"X-Container-Sysmeta-Shard-Quoted-Root", "AUTH_a/new%20r%C3%B6%%2g", Time(1)}}));
  EXPECT_EQ(broker.RootPath().value(), "AUTH_a/new r\u00f6%%2g");
  ExpectOk(broker.UpdateMetadata({{"X-Container-Sysmeta-Shard-Quoted-Root", "AUTH_a/c", Time(2)}}));
  EXPECT_TRUE(broker.IsRootContainer().value());
  ExpectOk(broker.UpdateMetadata({{"X-Container-Sysmeta-Shard-Quoted-Root", "no-slash", Time(3)}}));
  EXPECT_EQ(broker.RootPath().error().code, Errc::kBadInput);
}

TEST_F(ContainerShardingTest, AShardWhoseMetadataIsGoneIsToldByItsDeletedOwnRange) {
  Create();
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({OwnRange()}));
  EXPECT_TRUE(broker.IsRootContainer().value());
  ShardRange deleted = OwnRange();
  deleted.timestamp = Time(2);
  deleted.deleted = true;
  ExpectOk(broker.MergeShardRanges({deleted}));
  EXPECT_FALSE(broker.IsRootContainer().value());
}

}  // namespace
}  // namespace dbrepl
