#include "broker/container_migrations.h"

#include <unistd.h>

#include "tests/unit/broker/container_fixture.h"

namespace dbrepl {
namespace {

// A database as Swift made it before version 2.0, with one row of three bytes already in it.
enum class Age {
  kBeforeMetadata,  // nor the index by name, nor updated_at
  kBeforeSyncPoints,
  kBeforePolicies,
};

std::string OldSchema(Age age) {
  const bool has_metadata = age != Age::kBeforeMetadata;
  const bool has_points = age == Age::kBeforePolicies;
  std::string sql;
  for (const std::string direction : {"outgoing", "incoming"}) {
    sql += "CREATE TABLE " + direction + "_sync (remote_id TEXT UNIQUE, sync_point INTEGER" +
           (has_metadata ? ", updated_at TEXT DEFAULT 0" : "") + ");";
  }
  sql +=
      "CREATE TABLE object (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created_at TEXT,"
      " size INTEGER, content_type TEXT, etag TEXT, deleted INTEGER DEFAULT 0);"
      "CREATE TRIGGER object_insert AFTER INSERT ON object BEGIN"
      " UPDATE container_stat SET object_count = object_count + (1 - new.deleted),"
      " bytes_used = bytes_used + new.size, hash = chexor(hash, new.name, new.created_at); END;"
      "CREATE TRIGGER object_update BEFORE UPDATE ON object BEGIN"
      " SELECT RAISE(FAIL, 'UPDATE not allowed; DELETE and INSERT'); END;"
      "CREATE TRIGGER object_delete AFTER DELETE ON object BEGIN"
      " UPDATE container_stat SET object_count = object_count - (1 - old.deleted),"
      " bytes_used = bytes_used - old.size, hash = chexor(hash, old.name, old.created_at); END;"
      "CREATE TABLE container_stat (account TEXT, container TEXT, created_at TEXT,"
      " put_timestamp TEXT DEFAULT '0', delete_timestamp TEXT DEFAULT '0', object_count INTEGER,"
      " bytes_used INTEGER, reported_put_timestamp TEXT DEFAULT '0',"
      " reported_delete_timestamp TEXT DEFAULT '0', reported_object_count INTEGER DEFAULT 0,"
      " reported_bytes_used INTEGER DEFAULT 0,"
      " hash TEXT DEFAULT '00000000000000000000000000000000', id TEXT, status TEXT DEFAULT '',"
      " status_changed_at TEXT DEFAULT '0'";
  if (has_metadata) sql += ", metadata TEXT DEFAULT ''";
  if (has_points) {
    sql +=
        ", x_container_sync_point1 INTEGER DEFAULT -1, x_container_sync_point2 INTEGER DEFAULT -1";
  }
  sql += ");";
  if (has_metadata) sql += "CREATE INDEX ix_object_deleted_name ON object (deleted, name);";
  sql +=
      "INSERT INTO container_stat (account, container, created_at, id, put_timestamp, object_count,"
      " bytes_used, reported_put_timestamp, reported_delete_timestamp) VALUES"
      " ('AUTH_a', 'c', '1', 'old-id', '1700000000.00000', 0, 0, '7', '8');"
      "INSERT INTO object (name, created_at, size, content_type, etag)"
      " VALUES ('old', '1700000001.00000', 3, 't', 'e');";
  return sql;
}

class ContainerMigrationsTest : public ContainerTest, public testing::WithParamInterface<Age> {
 protected:
  ContainerMigrationsTest() {
    Create();
    EXPECT_EQ(::unlink(Path().c_str()), 0);
    ExpectOk(
        AtomicFile::Create(Path(), 0600).and_then([](AtomicFile file) { return file.Commit(); }));
    Execute(OldSchema(GetParam()));
  }

  bool HasPolicies() const {
    return Query("SELECT 1 FROM sqlite_master WHERE name = 'policy_stat'").size() == 1;
  }
};

TEST_P(ContainerMigrationsTest, ReadingMakesDoWithDefaultsAndChangesNothing) {
  const std::string before = ReadFile(Path(), 1U << 20U).value();
  auto broker = Broker();
  const ReplicationInfo info = broker.GetReplicationInfo().value();
  EXPECT_EQ(info.account, "AUTH_a");
  EXPECT_EQ(info.count, 1);
  EXPECT_EQ(info.bytes_used, 3);
  EXPECT_EQ(info.storage_policy_index, 0);
  EXPECT_EQ(info.x_container_sync_point1, -1);
  EXPECT_EQ(info.metadata, "");
  EXPECT_EQ(info.max_row, 1);
  EXPECT_EQ(info.shard_max_row, -1);
  EXPECT_EQ(info.db_state, "unsharded");
  const std::map<std::int64_t, ObjectStats> stats = {{0, {1, 3}}};
  EXPECT_EQ(broker.PolicyStats().value(), stats);
  EXPECT_FALSE(broker.HasMultiplePolicies().value());
  EXPECT_TRUE(broker.MisplacedSince(-1, 10).value().empty());
  EXPECT_EQ(broker.GetReconcilerSync().value(), -1);
  EXPECT_FALSE(broker.Empty().value());
  EXPECT_FALSE(broker.IsDeleted().value());
  EXPECT_TRUE(broker.GetShardRanges().value().empty());
  EXPECT_FALSE(broker.ShardingInitiated().value());
  EXPECT_TRUE(broker.IsRootContainer().value());
  EXPECT_EQ(broker.ItemsSince(-1, 10).value().rows.find("storage_policy_index"), std::string::npos);
  ExpectOk(broker.MergeItems({}));
  EXPECT_EQ(ReadFile(Path(), 1U << 20U).value(), before);
}

TEST_P(ContainerMigrationsTest, MergingRowsMigratesAndKeepsRowIds) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({WithPolicy(Item("new", Time(2), 10), 1), Item("old", Time(1), 9)}));
  EXPECT_EQ(Query("SELECT ROWID, name, size, storage_policy_index FROM object"),
            (Rows{"1|old|3|0", "2|new|10|1"}));
  EXPECT_EQ(Query("SELECT * FROM policy_stat"), (Rows{"0|1|3", "1|1|10"}));
  EXPECT_EQ(Query("SELECT type FROM sqlite_master WHERE name = 'container_stat'"), Rows{"view"});
  EXPECT_EQ(Query("SELECT account, container, created_at, id, put_timestamp, metadata,"
                  " x_container_sync_point1, x_container_sync_point2, reconciler_sync_point"
                  " FROM container_stat"),
            Rows{"AUTH_a|c|1|old-id|1700000000.00000||-1|-1|-1"});
  EXPECT_EQ(Query("SELECT reported_put_timestamp, reported_delete_timestamp FROM container_info"),
            Rows{"7|0"})
      << "Swift forgets the second";
  EXPECT_EQ(broker.GetInfo().value().count, 1);
}

TEST_P(ContainerMigrationsTest, AMigratedDatabaseHasTheCurrentTriggers) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("new", Time(2), 10)}));
  Execute(
      "INSERT INTO object (name, created_at, size, deleted, storage_policy_index)"
      " VALUES ('x', '1', 5, 0, 4); DELETE FROM object WHERE name = 'old'");
  EXPECT_EQ(Query("SELECT * FROM policy_stat"), (Rows{"0|1|10", "4|1|5"}));
  EXPECT_EQ(Query("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'object'"
                  " ORDER BY name"),
            (Rows{"object_delete_policy_stat", "object_insert_policy_stat", "object_update"}));
  ExpectOk(broker.SetStoragePolicyIndex(4, Time(5)));
  EXPECT_EQ(broker.GetInfo().value().bytes_used, 5);
}

TEST_P(ContainerMigrationsTest, APolicyOrAReconcilerPointMigratesToo) {
  auto broker = Broker();
  ExpectOk(broker.UpdateReconcilerSync(5));
  EXPECT_EQ(broker.GetReconcilerSync().value(), 5);
  ExpectOk(broker.SetStoragePolicyIndex(2, Time(5)));
  EXPECT_EQ(Query("SELECT * FROM policy_stat"), (Rows{"0|1|3", "2|0|0"}));
}

TEST_P(ContainerMigrationsTest, OtherWritesGoIntoTheOldTable) {
  auto broker = Broker();
  ExpectOk(broker.MergeTimestamps("1", Time(3), "0"));
  ExpectOk(broker.NewId("remote"));
  ExpectOk(broker.UpdateMetadata({{"X-Container-Meta-A", "b", Time(1)}}));
  ExpectOk(broker.MergeSyncs({{"other", 5}}, SyncDirection::kOutgoing));
  EXPECT_FALSE(HasPolicies());
  EXPECT_EQ(Query("SELECT put_timestamp, reported_put_timestamp, metadata FROM container_stat"),
            Rows{Time(3) + R"(|0|{"X-Container-Meta-A": ["b", "1700000001.00000"]})"});
  EXPECT_EQ(broker.GetSync("remote", SyncDirection::kIncoming).value(), 1);
  ExpectOk(broker.MergeItems({Item("new", Time(2))}));
  EXPECT_EQ(broker.GetMetadata().value().size(), 1U) << "migrated with the rest";
}

TEST_P(ContainerMigrationsTest, DeletingAndReclaimingWorkOnTheOldTable) {
  auto broker = Broker();
  Execute(
      "DELETE FROM object; INSERT INTO object (name, created_at, size, deleted)"
      " VALUES ('gone', '1700000001.00000', 0, 1)");
  ExpectOk(broker.DeleteDb(Time(5)));
  EXPECT_TRUE(broker.IsDeleted().value());
  EXPECT_EQ(broker.Reclaim(1'700'000'100, 1'700'000'050).value(), 1);
  EXPECT_EQ(broker.GetInfo().value().hash, std::string(32, '0'));
  EXPECT_TRUE(broker.IsReclaimable(1'700'000'100, 10).value());
  EXPECT_FALSE(HasPolicies());
}

TEST_P(ContainerMigrationsTest, TheFirstShardRangeMakesTheTable) {
  ShardRange range;
  range.name = "s/1";
  range.timestamp = range.meta_timestamp = range.state_timestamp = Time(1);
  auto broker = Broker();
  ExpectOk(broker.MergeShardRanges({range}));
  EXPECT_EQ(broker.GetShardRanges().value(), std::vector<ShardRange>{range});
  EXPECT_FALSE(HasPolicies());
}

TEST_P(ContainerMigrationsTest, AnotherProcessMayMigrateUnderAnOpenConnection) {
  auto broker = Broker();
  EXPECT_EQ(broker.GetInfo().value().count, 1);
  auto other = Broker();
  ExpectOk(other.MergeItems({Item("new", Time(2), 10)}));
  ExpectOk(broker.UpdatePutTimestamp(Time(9)));
  EXPECT_EQ(other.GetInfo().value().put_timestamp, Time(9));
  EXPECT_EQ(broker.GetInfo().value().count, 2);
}

std::string AgeName(const testing::TestParamInfo<Age>& age) {
  switch (age.param) {
    case Age::kBeforeMetadata: return "BeforeMetadata";
    case Age::kBeforeSyncPoints: return "BeforeSyncPoints";
    case Age::kBeforePolicies: return "BeforePolicies";
  }
  return {};
}

INSTANTIATE_TEST_SUITE_P(Ages, ContainerMigrationsTest,
                         testing::Values(Age::kBeforeMetadata, Age::kBeforeSyncPoints,
                                         Age::kBeforePolicies),
                         AgeName);

class ShardRangeMigrationsTest : public ContainerTest {};

// Swift 2.18 to 2.27 made the table without its last columns.
TEST_F(ShardRangeMigrationsTest, MissingColumnsReadAsDefaultsAndAreAdded) {
  for (const std::string old_column : {"", ", reported INTEGER DEFAULT 0"}) {
    Create();
    Execute(
        "DROP TABLE shard_range; CREATE TABLE shard_range"
        " (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, timestamp TEXT, lower TEXT,"
        " upper TEXT, object_count INTEGER DEFAULT 0, bytes_used INTEGER DEFAULT 0,"
        " meta_timestamp TEXT, deleted INTEGER DEFAULT 0, state INTEGER, state_timestamp TEXT,"
        " epoch TEXT" +
        old_column +
        "); INSERT INTO shard_range (name, timestamp, lower, upper, meta_timestamp, state,"
        " state_timestamp) VALUES"
        " ('s/1', '1700000001.00000', '', '', '1700000001.00000', 40, '1700000001.00000')");
    auto broker = Broker();
    ShardRange range = broker.GetShardRanges().value().front();
    EXPECT_FALSE(range.reported);
    EXPECT_EQ(range.tombstones, -1);
    range.reported = true;
    ExpectOk(broker.MergeShardRanges({range}));
    EXPECT_EQ(Query("SELECT ROWID, reported, tombstones FROM shard_range"), Rows{"2|1|-1"});
    ASSERT_EQ(::unlink(Path().c_str()), 0);
  }
}

TEST_F(ShardRangeMigrationsTest, ADatabaseWithoutTheTableHasNoRanges) {
  Create();
  Execute("DROP TABLE shard_range");
  auto broker = Broker();
  EXPECT_TRUE(broker.GetShardRanges().value().empty());
  EXPECT_EQ(broker.GetReplicationInfo().value().shard_max_row, -1);
  ExpectOk(broker.Reclaim(1'700'000'100, 1'700'000'050));
  EXPECT_TRUE(broker.MergePeerShardRanges({}).value().empty());
  EXPECT_EQ(Query("SELECT 1 FROM sqlite_master WHERE name = 'shard_range'"), Rows{});
}

}  // namespace
}  // namespace dbrepl
