// Account databases as older Swifts left them.
#include "broker/account_migration.h"

#include <gmock/gmock.h>

#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AccountMigrationTest : public AccountTest {
 protected:
  // From before Swift 2.0: no policies anywhere; one container in it.
  void MakeWithoutPolicies() {
    Create();
    Execute(
        "DROP TRIGGER container_insert_ps; DROP TRIGGER container_delete_ps;"
        "DROP TABLE policy_stat;"
        "ALTER TABLE container DROP COLUMN storage_policy_index");
    Execute(
        "INSERT INTO container (name, put_timestamp, delete_timestamp, object_count,"
        " bytes_used) VALUES ('old', '" +
        At(1) + "', '0', 3, 4)");
  }
  // From before Swift 2.2: policies without counts of containers.
  void MakeWithoutContainerCount() {
    Create();
    Execute(
        "DROP TRIGGER container_insert_ps; DROP TRIGGER container_delete_ps;"
        "ALTER TABLE policy_stat DROP COLUMN container_count;"
        "CREATE TRIGGER container_insert_ps AFTER INSERT ON container BEGIN"
        " INSERT OR IGNORE INTO policy_stat (storage_policy_index, object_count, bytes_used)"
        " VALUES (new.storage_policy_index, 0, 0);"
        " UPDATE policy_stat SET object_count = object_count + new.object_count,"
        " bytes_used = bytes_used + new.bytes_used"
        " WHERE storage_policy_index = new.storage_policy_index; END;"
        "CREATE TRIGGER container_delete_ps AFTER DELETE ON container BEGIN"
        " UPDATE policy_stat SET object_count = object_count - old.object_count,"
        " bytes_used = bytes_used - old.bytes_used"
        " WHERE storage_policy_index = old.storage_policy_index; END");
  }
  void Merge(const ContainerItem& item) { ExpectOk(Broker().MergeItems({item}, std::nullopt)); }
};

TEST_F(AccountMigrationTest, ReadingBeforePoliciesChangesNothing) {
  MakeWithoutPolicies();
  auto broker = Broker();
  EXPECT_EQ(broker.GetReplicationInfo().value().count, 1);
  EXPECT_EQ(broker.ItemsSince(-1, 5).value().rows,
            R"([{"ROWID": 1, "name": "old", "put_timestamp": "1700000001.00000", )"
            R"("delete_timestamp": "0", "object_count": 3, "bytes_used": 4, "deleted": 0}])");
  EXPECT_THAT(broker.GetPolicyStats().value(), IsEmpty());
  EXPECT_THAT(Query("SELECT name FROM sqlite_master WHERE name = 'policy_stat'"), IsEmpty());
}

TEST_F(AccountMigrationTest, MergingBringsPolicies) {
  MakeWithoutPolicies();
  Merge(Item("new", At(2), "0", 10, 20, 1));
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("0|1|3|4", "1|1|10|20"));
  EXPECT_THAT(Query("SELECT name, storage_policy_index FROM container"),
              ElementsAre("old|0", "new|1"));
  Merge(Item("old", At(3), "0", 1, 1, 1));
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("0|0|0|0", "1|2|11|21"));
}

TEST_F(AccountMigrationTest, AHalfUpgradedDatabaseIsFinished) {
  MakeWithoutPolicies();
  Execute(
      "CREATE TABLE policy_stat (storage_policy_index INTEGER PRIMARY KEY,"
      " container_count INTEGER DEFAULT 0, object_count INTEGER DEFAULT 0,"
      " bytes_used INTEGER DEFAULT 0); INSERT INTO policy_stat VALUES (0, 1, 3, 4)");
  Merge(Item("new", At(2), "0", 10, 20));
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("0|2|13|24"));
}

TEST_F(AccountMigrationTest, MergingWithoutContainerCountKeepsTheSchema) {
  MakeWithoutContainerCount();
  Merge(Item("a", At(1), "0", 1, 2));
  Merge(Item("b", At(1), "0", 3, 4, 1));
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("0|1|2", "1|3|4"));
  EXPECT_THAT(Broker().GetPolicyStats().value(),
              ElementsAre(AccountPolicyStats{0, std::nullopt, 1, 2},
                          AccountPolicyStats{1, std::nullopt, 3, 4}));
}

TEST_F(AccountMigrationTest, ContainerCountsAreFilledIn) {
  MakeWithoutContainerCount();
  Merge(Item("a", At(1), "0", 1, 2));
  Merge(Item("b", At(1), "0", 3, 4, 1));
  Merge(Item("c", At(1), "0", 5, 6, 1));
  Merge(Item("gone", At(1), At(2), 0, 0, 2));
  Merge(Item("gone", At(1), At(2), 0, 0, 2));
  const auto stats = Broker().GetPolicyStats(AccountBroker::Migrate::kYes).value();
  EXPECT_THAT(stats, ElementsAre(AccountPolicyStats{0, 1, 1, 2}, AccountPolicyStats{1, 2, 8, 10},
                                 AccountPolicyStats{2, 0, 0, 0}));
  Merge(Item("d", At(1), "0", 1, 1, 1));
  EXPECT_EQ(QueryOne("SELECT container_count FROM policy_stat WHERE storage_policy_index = 1"),
            "3");
}

TEST_F(AccountMigrationTest, OfASinglePolicyTheAccountsOwnCountIsTaken) {
  MakeWithoutContainerCount();
  Merge(Item("a", At(1), "0", 1, 2));
  Execute("UPDATE account_stat SET container_count = 42");
  EXPECT_THAT(Broker().GetPolicyStats(AccountBroker::Migrate::kYes).value(),
              ElementsAre(AccountPolicyStats{0, 42, 1, 2}));
}

TEST_F(AccountMigrationTest, WithoutIndexAndMetadata) {
  Create();
  Execute(
      "DROP INDEX ix_container_deleted_name;"
      "ALTER TABLE account_stat DROP COLUMN metadata");
  auto broker = Broker();
  EXPECT_EQ(broker.GetReplicationInfo().value().metadata, "");
  ExpectOk(broker.MergeItems({Item("a", At(1), "0", 1, 2), Item("a", At(2), "0", 3, 4)}, {}));
  ExpectOk(broker.Reclaim(1'700'000'000, 1));
  EXPECT_THAT(Query("SELECT name, object_count FROM container"), ElementsAre("a|3"));
  ExpectOk(broker.UpdateMetadata({{"A", "1", At(1)}}));
  EXPECT_EQ(broker.GetMetadata().value().size(), 1U);
}

TEST_F(AccountMigrationTest, SyncTablesWithoutTimes) {
  Create();
  Execute(
      "DROP TRIGGER incoming_sync_insert; DROP TRIGGER incoming_sync_update;"
      "DROP TRIGGER outgoing_sync_insert; DROP TRIGGER outgoing_sync_update;"
      "ALTER TABLE incoming_sync DROP COLUMN updated_at;"
      "ALTER TABLE outgoing_sync DROP COLUMN updated_at");
  auto broker = Broker();
  ExpectOk(broker.MergeSyncs({{"x", 5}}, SyncDirection::kIncoming));
  ExpectOk(broker.MergeSyncs({{"x", 4}}, SyncDirection::kIncoming));
  ExpectOk(broker.NewId("y"));
  ExpectOk(broker.Reclaim(1'800'000'000, 1'800'000'000));
  EXPECT_THAT(broker.GetSyncs(SyncDirection::kIncoming).value(),
              ElementsAre(SyncPoint{"x", 5}, SyncPoint{"y", -1}));
}

}  // namespace
}  // namespace dbrepl
