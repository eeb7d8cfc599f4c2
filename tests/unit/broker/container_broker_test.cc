#include "broker/container_broker.h"

#include <utility>

#include <unistd.h>

#include "broker/chexor.h"
#include "tests/unit/broker/container_fixture.h"

namespace dbrepl {
namespace {

class ContainerBrokerTest : public ContainerTest {
 protected:
  ContainerBrokerTest() { Create(); }

  void SetTimes(const std::string& put, const std::string& deleted) {
    Execute("UPDATE container_info SET put_timestamp = '" + put + "', delete_timestamp = '" +
            deleted + "'");
  }
};

TEST_F(ContainerBrokerTest, ReplicationInfoHasSwiftsMembersInSwiftsOrder) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("o", Time(1), 10), Deletion("p", Time(1))}));
  const JsonValue info = ToJson(broker.GetReplicationInfo().value());
  std::string names;
  for (const auto& [name, value] : *info.AsObject()) names += name + " ";
  EXPECT_EQ(names,
            "account container created_at put_timestamp delete_timestamp status status_changed_at"
            " bytes_used reported_put_timestamp reported_delete_timestamp reported_object_count"
            " reported_bytes_used hash id x_container_sync_point1 x_container_sync_point2"
            " storage_policy_index db_state count metadata max_row shard_max_row ");
  EXPECT_EQ(*info.Find("account")->AsString(), "AUTH_a");
  EXPECT_EQ(*info.Find("container")->AsString(), "c");
  EXPECT_EQ(*info.Find("put_timestamp")->AsString(), Time(0));
  EXPECT_EQ(*info.Find("delete_timestamp")->AsString(), "0");
  EXPECT_EQ(*info.Find("reported_put_timestamp")->AsString(), "0");
  EXPECT_EQ(*info.Find("db_state")->AsString(), "unsharded");
  EXPECT_EQ(*info.Find("count")->AsInt(), 1);
  EXPECT_EQ(*info.Find("bytes_used")->AsInt(), 10);
  EXPECT_EQ(*info.Find("max_row")->AsInt(), 2);
  EXPECT_EQ(*info.Find("shard_max_row")->AsInt(), -1);
}

TEST_F(ContainerBrokerTest, DeletedMeansDeletedLaterThanPutAndWithoutRows) {
  auto broker = Broker();
  EXPECT_FALSE(broker.IsDeleted().value());
  SetTimes(Time(5), Time(5));
  EXPECT_FALSE(broker.IsDeleted().value());
  SetTimes(Time(5), Time(6));
  EXPECT_TRUE(broker.IsDeleted().value());
  SetTimes("5", "0000000006.00000");  // times, not texts
  EXPECT_TRUE(broker.IsDeleted().value());
  ExpectOk(broker.MergeItems({Item("o", Time(1))}));
  EXPECT_FALSE(broker.IsDeleted().value());
  ExpectOk(broker.MergeItems({Deletion("o", Time(2))}));
  EXPECT_TRUE(broker.IsDeleted().value());
}

TEST_F(ContainerBrokerTest, RowsOfOtherPoliciesKeepItFromBeingEmptyNotFromBeingDeleted) {
  auto broker = Broker();
  EXPECT_TRUE(broker.Empty().value());
  SetTimes(Time(5), Time(6));
  ExpectOk(broker.MergeItems({WithPolicy(Item("o", Time(1)), 1)}));
  EXPECT_TRUE(broker.IsDeleted().value());
  EXPECT_FALSE(broker.Empty().value());
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'100, 10).value());
}

TEST_F(ContainerBrokerTest, ReclaimableWhenDeletedForLongerThanTheAgeAndEmpty) {
  auto broker = Broker();
  SetTimes(Time(5), Time(6));
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'016, 10).value());
  EXPECT_TRUE(broker.IsReclaimable(1'700'000'017, 10).value());
  SetTimes(Time(7), Time(6));
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'017, 10).value());
}

TEST_F(ContainerBrokerTest, PendingRecordsCountBeforeAnythingIsAnswered) {
  auto broker = Broker();
  SetTimes(Time(5), Time(6));
  ExpectOk(broker.PutObject(Item("o", Time(1))));
  EXPECT_FALSE(broker.Empty().value());
  EXPECT_EQ(broker.GetInfo().value().count, 1);
}

TEST_F(ContainerBrokerTest, ANewIdForgetsWhatWasReported) {
  Execute(
      "UPDATE container_info SET reported_put_timestamp = '1', reported_delete_timestamp = '2',"
      " reported_object_count = 3, reported_bytes_used = 4");
  auto broker = Broker();
  const std::string old_id = broker.GetInfo().value().id;
  ExpectOk(broker.MergeItems({Item("o", Time(1))}));
  ExpectOk(broker.NewId("remote"));
  EXPECT_NE(broker.GetInfo().value().id, old_id);
  EXPECT_EQ(Query("SELECT reported_put_timestamp, reported_delete_timestamp,"
                  " reported_object_count, reported_bytes_used FROM container_info"),
            Rows{"0|0|0|0"});
  EXPECT_EQ(broker.GetSync("remote", SyncDirection::kIncoming).value(), 1);
}

TEST_F(ContainerBrokerTest, DeletingKeepsTheMetadataThatShardsNeed) {
  auto broker = Broker();
  ExpectOk(broker.UpdateMetadata({{"X-Container-Meta-Color", "red", Time(1)},
                                  {"X-Container-Sysmeta-Shard-Quoted-Root", "a/r", Time(1)},
                                  {"X-Container-Sysmeta-Shard-Root", "a/r", Time(1)},
                                  {"X-Container-Sysmeta-Sharding", "True", Time(1)},
                                  {"X-Container-Sysmeta-Shard-Context", "x", Time(1)}}));
  ExpectOk(broker.DeleteDb(Time(9)));
  const Metadata metadata = broker.GetMetadata().value();
  std::string left;
  for (const MetadataItem& item : metadata) left += item.value + ",";
  EXPECT_EQ(left, ",a/r,a/r,True,,");
  EXPECT_EQ(broker.GetInfo().value().status, "DELETED");
  EXPECT_TRUE(broker.IsDeleted().value());
}

TEST_F(ContainerBrokerTest, MergedTimestampsThatFlipTheVerdictChangeTheStatusTime) {
  auto broker = Broker();
  clock_.Advance(std::chrono::seconds(50));
  ExpectOk(broker.MergeTimestamps(Time(0), Time(2), Time(1)));
  EXPECT_EQ(broker.GetInfo().value().status_changed_at, Time(0));
  ExpectOk(broker.MergeTimestamps(Time(0), Time(2), Time(3)));
  EXPECT_EQ(broker.GetInfo().value().status_changed_at, Time(50));
  EXPECT_TRUE(broker.IsDeleted().value());
}

TEST_F(ContainerBrokerTest, ReportsAreUpToDateWhenAllFourFiguresAgree) {
  ReplicationInfo info;
  info.put_timestamp = info.reported_put_timestamp = Time(1);
  info.delete_timestamp = info.reported_delete_timestamp = Time(2);
  info.count = info.reported_object_count = 3;
  info.bytes_used = info.reported_bytes_used = 4;
  EXPECT_TRUE(ContainerBroker::IsReportUpToDate(info));
  auto changed = info;
  changed.reported_put_timestamp = "0";
  EXPECT_FALSE(ContainerBroker::IsReportUpToDate(changed));
  changed = info;
  changed.reported_delete_timestamp = "0";
  EXPECT_FALSE(ContainerBroker::IsReportUpToDate(changed));
  changed = info;
  changed.reported_object_count = 0;
  EXPECT_FALSE(ContainerBroker::IsReportUpToDate(changed));
  changed = info;
  changed.reported_bytes_used = 0;
  EXPECT_FALSE(ContainerBroker::IsReportUpToDate(changed));
}

TEST_F(ContainerBrokerTest, AMissingFileIsDeletedAndNothingIsCreated) {
  ContainerBroker broker(Path() + "-elsewhere.db", options_);
  EXPECT_TRUE(broker.IsDeleted().value());
  EXPECT_EQ(broker.GetDbState().value(), DbState::kNotFound);
  EXPECT_EQ(broker.GetInfo().error().code, Errc::kNotFound);
  EXPECT_FALSE(ReadFile(Path() + "-elsewhere.db", 10).has_value());
}

TEST_F(ContainerBrokerTest, WithoutItsOneRowTheDatabaseIsCorrupt) {
  Execute("DELETE FROM container_info");
  auto broker = Broker();
  const auto info = broker.GetInfo();
  ASSERT_FALSE(info.has_value());
  EXPECT_EQ(info.error().code, Errc::kCorrupt);
}

TEST_F(ContainerBrokerTest, WrongTypesInColumnsAreErrorsThatNameThem) {
  const std::pair<const char*, const char*> wrong[] = {
      {"UPDATE container_info SET put_timestamp = CAST(x'ff' AS TEXT)", "put_timestamp"},
      {"UPDATE container_info SET reported_object_count = 'many'", "reported_object_count"},
      {"UPDATE policy_stat SET bytes_used = 1.5", "bytes_used"},
  };
  for (const auto& [damage, column] : wrong) {
    Create("damaged");
    dbrepl::Execute(Path("damaged"), damage);
    ContainerBroker broker(Path("damaged"), options_, ContainerBroker::Files::kExactly);
    const auto info = broker.GetInfo();
    ASSERT_FALSE(info.has_value()) << damage;
    EXPECT_NE(info.error().message.find(column), std::string::npos) << info.error().message;
    ASSERT_EQ(::unlink(Path("damaged").c_str()), 0);
  }
}

TEST_F(ContainerBrokerTest, RowsThatAreNotUtf8AreNotMergedOver) {
  Execute(
      "INSERT INTO object (name, created_at, size, content_type, etag)"
      " VALUES ('o', '1700000001.00000', 1, 't', CAST(x'ff' AS TEXT))");
  auto broker = Broker();
  EXPECT_FALSE(broker.MergeItems({Item("o", Time(5))}).has_value());
  EXPECT_FALSE(broker.MergeItems({Item("p", Time(5)), Item("o", Time(5))}).has_value());
  EXPECT_EQ(Query("SELECT name FROM object"), Rows{"o"});
}

TEST_F(ContainerBrokerTest, ReclaimTakesOldTombstonesOutOfCountsAndHash) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems(
      {Deletion("old", Time(1)), Deletion("new", Time(20)), Item("live", Time(1))}));
  EXPECT_EQ(broker.Reclaim(1'700'000'010, 1'700'000'000).value(), 1);
  EXPECT_EQ(Query("SELECT name FROM object ORDER BY ROWID"), (Rows{"new", "live"}));
  RowHash expected;
  expected.Toggle("new", Time(20));
  expected.Toggle("live", Time(1));
  EXPECT_EQ(broker.GetInfo().value().hash, expected.Hex());
}

}  // namespace
}  // namespace dbrepl
