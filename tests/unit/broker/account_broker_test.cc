#include "broker/account_broker.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

#include "broker/pending_file.h"
#include "common/strings.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;

class AccountBrokerTest : public AccountTest {
 protected:
  AccountBrokerTest() { Create(); }

  void Merge(const std::vector<ContainerItem>& items) {
    ExpectOk(Broker().MergeItems(items, std::nullopt));
  }
  // Name, times, counts, deleted, policy; by name.
  Rows Containers() const {
    return Query(
        "SELECT name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted,"
        " storage_policy_index FROM container ORDER BY name");
  }
  // What the triggers made of the same rows: everything deleted and put in again by plain SQL.
  void ExpectStatsAsTriggersMakeThem() {
    const std::string sums =
        "SELECT container_count, object_count, bytes_used, hash FROM account_stat";
    const std::string policies =
        "SELECT storage_policy_index, container_count, object_count, bytes_used FROM policy_stat"
        " WHERE container_count <> 0 OR object_count <> 0 OR bytes_used <> 0 ORDER BY 1";
    const Rows sums_before = Query(sums);
    const Rows policies_before = Query(policies);
    Execute(
        "CREATE TEMP TABLE copy AS SELECT * FROM container;"
        "UPDATE account_stat SET container_count = 0, object_count = 0, bytes_used = 0,"
        " hash = '00'; DELETE FROM policy_stat;"
        "DROP TRIGGER container_delete; DROP TRIGGER container_delete_ps;"
        "DELETE FROM container; INSERT INTO container SELECT * FROM copy");
    EXPECT_EQ(Query(sums), sums_before);
    EXPECT_EQ(Query(policies), policies_before);
  }
};

// swift-reference.md section 9.
TEST_F(AccountBrokerTest, MergesInSwiftsSequence) {
  Merge({Item("c", At(5), "0", 10, 100)});
  Merge({Item("c", At(1), "0", 3, 4, 1)});
  EXPECT_THAT(Containers(), ElementsAre("c|" + At(5) + "|0|3|4|0|1"));
  Merge({Item("c", At(1), "0", {}, {})});
  EXPECT_THAT(Containers(), ElementsAre("c|" + At(5) + "|0|3|4|0|0"));
  Merge({Item("c", At(1), At(9), 10, 100)});
  EXPECT_THAT(Containers(), ElementsAre("c|" + At(5) + "|" + At(9) + "|10|100|0|0"));
  Merge({Item("c", At(1), At(9), 0, 0)});
  EXPECT_THAT(Containers(), ElementsAre("c|" + At(5) + "|" + At(9) + "|0|0|1|0"));
  EXPECT_EQ(QueryOne("SELECT seq FROM sqlite_sequence"), "5");
  ExpectStatsAsTriggersMakeThem();
}

TEST_F(AccountBrokerTest, PutAndDeletedAtTheSameTimeIsNotDeleted) {
  Merge({Item("c", At(5), "0", 0, 0)});
  Merge({Item("c", At(5), At(5), 0, 0)});
  EXPECT_THAT(Containers(), ElementsAre("c|" + At(5) + "|" + At(5) + "|0|0|0|0"));
}

TEST_F(AccountBrokerTest, ARowWhosePolicyIsNotCountedTakesNothingFromIt) {
  Merge({Item("c", At(5), "0", 3, 30, 2)});
  Execute("DELETE FROM policy_stat");
  Merge({Item("c", At(6), "0", 4, 40, 2)});
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("2|1|4|40"));
}

TEST_F(AccountBrokerTest, HashIsSwifts) {
  Merge({Item("c", "1700000001.00000", "0", "3", "30")});
  EXPECT_EQ(QueryOne("SELECT hash FROM account_stat"), "36301b7169ebf35df471d22f34e50a4b");
  EXPECT_EQ(QueryOne("SELECT typeof(object_count) FROM container"), "integer");
}

TEST_F(AccountBrokerTest, AnIdenticalRecordIsNotWrittenAgain) {
  const auto item = Item("c", At(5), "0", 10, 100);
  Merge({item, item});
  Merge({item});
  Merge({Item("c", At(4), "0", "10", "100")});
  Merge({Item("c", At(4), "0", {}, {}), Item("c", At(4), "0", "10", {})});
  EXPECT_EQ(QueryOne("SELECT ROWID FROM container"), "1");
}

TEST_F(AccountBrokerTest, AnIdenticalRecordIsWrittenAgainForSwiftPeers) {
  options_.renew_unchanged_rows = true;
  const auto item = Item("c", At(5), "0", 10, 100);
  Merge({item, item});
  Merge({item});
  EXPECT_THAT(Query("SELECT ROWID, name FROM container"), ElementsAre("3|c"));
  Execute("DROP TRIGGER container_update");  // Swift's own way, with what triggers there are
  Merge({item});
  EXPECT_THAT(Query("SELECT ROWID, name FROM container"), ElementsAre("4|c"));
}

TEST_F(AccountBrokerTest, AnIdenticalRecordWithACountThatIsNoNumberIsNotWrittenAgain) {
  const auto item = Item("c", At(5), At(4), "", "25");
  Merge({item});
  Merge({item});
  EXPECT_EQ(QueryOne("SELECT ROWID FROM container"), "1");
}

TEST_F(AccountBrokerTest, RepeatedNamesInOneBatchMergeInOrder) {
  Merge({Item("c", At(5), "0", 1, 1), Item("d", At(5), "0", 1, 1), Item("c", At(4), "0", 2, 2, 1),
         Item("c", At(3), "0", 3, 3, 2)});
  EXPECT_THAT(Query("SELECT ROWID, name, put_timestamp, object_count FROM container"),
              ElementsAre("2|d|" + At(5) + "|1", "4|c|" + At(5) + "|3"));
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("0|1|1|1", "1|0|0|0", "2|1|3|3"));
  ExpectStatsAsTriggersMakeThem();
}

// Values that only SQLite can judge go the slow way, with the same outcome.
TEST_F(AccountBrokerTest, OddValuesAreStoredAsSqliteConvertsThem) {
  Merge({Item("a", At(1), "0", " 7 ", 1.0), Item("b", At(1), "0", "1e2", "x"),
         Item("n", At(1), "0", std::int64_t{5}, std::int64_t{6})});
  EXPECT_THAT(Query("SELECT name, object_count, typeof(object_count), typeof(bytes_used)"
                    " FROM container ORDER BY name"),
              ElementsAre("a|7|integer|integer", "b|100|integer|text", "n|5|integer|integer"));
  Merge({Item("b", At(2), "0", 1, 1), Item("n", At(2), "0", 1, 1)});
  ExpectStatsAsTriggersMakeThem();
}

TEST_F(AccountBrokerTest, TheFoldEqualsTheTriggersOnRandomHistories) {
  std::mt19937 random(7);
  const auto pick = [&](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<ContainerItem> items;
    for (int i = pick(30); i >= 0; --i) {
      items.push_back(Item(StrCat("c", pick(25)), At(pick(5)), pick(2) == 0 ? "0" : At(pick(5)),
                           std::int64_t{pick(3)}, std::int64_t{pick(100)}, pick(3)));
    }
    Merge(items);
  }
  ExpectStatsAsTriggersMakeThem();
}

TEST_F(AccountBrokerTest, ThousandsOfNamesAreLookedUpInPieces) {
  std::vector<ContainerItem> items;
  items.reserve(2'500);
  for (int i = 0; i < 2'500; ++i) items.push_back(Item(StrCat("c", i), At(1), "0", i, i));
  Merge(items);
  for (auto& item : items) item.record.put_timestamp = At(2);
  Merge(items);
  EXPECT_EQ(QueryOne("SELECT COUNT(*), MIN(put_timestamp) FROM container"), "2500|" + At(2));
  EXPECT_EQ(QueryOne("SELECT container_count, object_count FROM account_stat"), "2500|3123750");
}

TEST_F(AccountBrokerTest, NamesWithNulBytes) {
  const std::string name("\0c\0\xC3\xA9", 5);
  Merge({Item(name, At(1), "0", 1, 1), Item(std::string("\0c", 2), At(1), "0", 1, 1)});
  Merge({Item(name, At(2), "0", 1, 1)});
  EXPECT_EQ(QueryOne("SELECT COUNT(*) FROM container"), "2");
  EXPECT_NE(Broker().ItemsSince(-1, 9).value().rows.find(R"("name": "\u0000c\u0000\u00e9")"),
            std::string::npos);
  ExpectStatsAsTriggersMakeThem();
}

TEST_F(AccountBrokerTest, ASourceRaisesItsSyncPoint) {
  auto a = Item("a", At(1), "0", 1, 1);
  auto b = Item("b", At(1), "0", 1, 1);
  a.row_id = 9;
  b.row_id = 4;
  auto broker = Broker();
  ExpectOk(broker.MergeItems({a, b}, "peer"));
  EXPECT_EQ(broker.GetSync("peer", SyncDirection::kIncoming).value(), 9);
  ExpectOk(broker.MergeItems({b}, "peer"));
  ExpectOk(broker.MergeItems({}, "peer"));
  EXPECT_EQ(broker.GetSync("peer", SyncDirection::kIncoming).value(), 9);
  b.row_id.reset();
  b.record.name = "new";
  ExpectFails(broker.MergeItems({b}, "peer"), Errc::kBadInput, "without ROWID");
  EXPECT_EQ(QueryOne("SELECT COUNT(*) FROM container"), "2");
}

TEST_F(AccountBrokerTest, BadItemsMergeNothing) {
  auto nameless = Item("", At(1), "0", 1, 1);
  nameless.record.name = SqlValue();
  ExpectFails(Broker().MergeItems({Item("a", At(1), "0", 1, 1), nameless}, {}), Errc::kBadInput,
              "without a name");
  ExpectFails(Broker().MergeItems({Item("\xff", At(1), "0", 1, 1)}, {}), Errc::kBadInput,
              "\"\\xff\": not UTF-8");
  Merge({Item("a", At(1), "0", 1, 1)});
  for (const char* absurd : {"tomorrow", "-5", "99999999999", ""}) {
    ExpectFails(
        Broker().MergeItems({Item("b", At(1), "0", 1, 1), Item("a", absurd, "0", 1, 1)}, {}),
        Errc::kBadInput, "record \"a\"");
  }
  EXPECT_EQ(QueryOne("SELECT COUNT(*) FROM container"), "1");
}

TEST_F(AccountBrokerTest, JsonOfPeers) {
  ExpectOk(Broker().MergeItemsJson(
      R"([{"ROWID": 3, "name": "\u0000c", "put_timestamp": "1700000005.00000",
           "delete_timestamp": "0", "object_count": 1, "bytes_used": 2, "deleted": 0,
           "storage_policy_index": 1, "unknown": null},
          {"ROWID": 7, "name": "old", "put_timestamp": "1700000005.00000",
           "delete_timestamp": "0", "object_count": 1, "bytes_used": 2, "deleted": false}])",
      "peer"));
  EXPECT_THAT(Query("SELECT name = char(0) || 'c', storage_policy_index FROM container"),
              ElementsAre("1|1", "0|0"));
  EXPECT_EQ(Broker().GetSync("peer", SyncDirection::kIncoming).value(), 7);
  ExpectFails(Broker().MergeItemsJson(R"([{"ROWID": 1, "name": "x"}])", "peer"), Errc::kBadInput,
              "no member \"put_timestamp\"");
}

TEST_F(AccountBrokerTest, DeletedWhenMarkedOrEmptyAndDeletedLast) {
  auto broker = Broker();
  EXPECT_FALSE(broker.IsDeleted().value());
  EXPECT_TRUE(broker.Empty().value());
  ExpectOk(broker.MergeTimestamps(At(0), At(0), At(1)));
  EXPECT_TRUE(broker.IsDeleted().value());
  Merge({Item("c", At(1), "0", 0, 0)});
  EXPECT_FALSE(broker.IsDeleted().value());
  EXPECT_FALSE(broker.Empty().value());
  ExpectOk(broker.DeleteDb(At(2)));
  EXPECT_TRUE(broker.IsDeleted().value());
}

TEST_F(AccountBrokerTest, PendingTuplesOfBothGenerations) {
  ExpectOk(AppendPending(Path() + ".pending", PickleTuple({"six", At(1), "0", "1", "2", "0"})));
  ExpectOk(AppendPending(Path() + ".pending",
                         PickleTuple({"seven", At(1), "0", "1", "2", std::int64_t{0}, "1"})));
  ExpectOk(AppendPending(Path() + ".pending", PickleTuple({"five", At(1), "0", "1", "2"})));
  ExpectOk(Broker().CommitPending());
  EXPECT_THAT(Containers(),
              ElementsAre("seven|" + At(1) + "|0|1|2|0|1", "six|" + At(1) + "|0|1|2|0|0"));
  EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(AccountBrokerTest, PolicyStats) {
  Merge({Item("a", At(1), "0", 1, 2), Item("b", At(1), "0", 3, 4, 7)});
  EXPECT_THAT(Broker().GetPolicyStats().value(),
              ElementsAre(AccountPolicyStats{0, 1, 1, 2}, AccountPolicyStats{7, 1, 3, 4}));
}

}  // namespace
}  // namespace dbrepl
