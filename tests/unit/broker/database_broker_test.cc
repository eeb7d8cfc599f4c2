// What all brokers have in common, tried on an account's.
#include "broker/database_broker.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "broker/pending_file.h"
#include "common/dir_lock.h"
#include "common/files.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DatabaseBrokerTest : public AccountTest {
 protected:
  DatabaseBrokerTest() { Create(); }

  std::string Stat(const std::string& column) const {
    return QueryOne("SELECT " + column + " FROM account_stat");
  }
  void Pend(const std::string& name, const std::string& put) const {
    ExpectOk(AppendPending(Path() + ".pending",
                           PickleTuple({name, put, "0", std::int64_t{1}, std::int64_t{2},
                                        std::int64_t{0}, std::int64_t{0}})));
  }
  std::int64_t PendingBytes() const { return PendingSize(Path() + ".pending").value(); }
};

TEST_F(DatabaseBrokerTest, ReplicationInfoAsSwiftTellsIt) {
  auto broker = Broker();
  Pend("c", At(1));
  const auto info = broker.GetReplicationInfo();
  ExpectOk(info);
  EXPECT_EQ(DumpJson(ToJson(*info)),
            R"({"account": "AUTH_a", "created_at": ")" + Stat("created_at") +
                R"(", "put_timestamp": "1700000000.00000", "delete_timestamp": "0", )"
                R"("status_changed_at": "1700000000.00000", "object_count": 1, "bytes_used": 2, )"
                R"("hash": ")" +
                Stat("hash") + R"(", "id": ")" + Stat("id") +
                R"(", "count": 1, "metadata": "", "max_row": 1})");
  EXPECT_EQ(PendingBytes(), 0);
}

TEST_F(DatabaseBrokerTest, ItemsSinceGivesRowsByRowId) {
  auto broker = Broker();
  EXPECT_EQ(broker.ItemsSince(-1, 10).value().rows, "[]");
  ExpectOk(broker.MergeItems({Item("a", At(1), "0", std::int64_t{1}, std::int64_t{2}),
                              Item("b", At(2), "0", std::int64_t{3}, std::int64_t{4}, 1),
                              Item("c", At(3), "0", std::int64_t{5}, std::int64_t{6})},
                             std::nullopt));
  const auto page = broker.ItemsSince(1, 1).value();
  EXPECT_EQ(page.rows,
            R"([{"ROWID": 2, "name": "b", "put_timestamp": "1700000002.00000", )"
            R"("delete_timestamp": "0", "object_count": 3, "bytes_used": 4, "deleted": 0, )"
            R"("storage_policy_index": 1}])");
  EXPECT_EQ(page.count, 1);
  EXPECT_EQ(page.last_row, 2);
  EXPECT_EQ(broker.ItemsSince(0, 100).value().count, 3);
  EXPECT_EQ(broker.ItemsSince(3, 100).value().last_row, -1);
}

TEST_F(DatabaseBrokerTest, RowsToComePassOverTheRowIdsThatWereGivenUp) {
  auto broker = Broker();
  ExpectOk(broker.MoveRowsBeyond(7, 7));
  EXPECT_EQ(broker.GetMaxRow().value(), -1);  // there has never been a row
  const auto add = [&](const std::string& name) {
    ExpectOk(broker.MergeItems({Item(name, At(1), "0", std::int64_t{1}, std::int64_t{2})},
                               std::nullopt));
  };
  add("a");
  ExpectOk(broker.MoveRowsBeyond(7, 7));
  EXPECT_EQ(broker.GetMaxRow().value(), 7);
  ExpectOk(broker.MoveRowsBeyond(3, 3));
  EXPECT_EQ(broker.GetMaxRow().value(), 7);
  add("b");
  EXPECT_EQ(broker.ItemsSince(1, 10).value().last_row, 8);
}

TEST_F(DatabaseBrokerTest, NothingIsWrittenWhereNoRowNeedsToMove) {
  auto broker = Broker();
  for (const char* name : {"a", "b"}) {
    ExpectOk(broker.MergeItems({Item(name, At(1), "0", std::int64_t{1}, std::int64_t{2})},
                               std::nullopt));
  }
  ExpectOk(broker.MoveRowsBeyond(2, 9));
  auto other = Broker();
  const auto lock = other.Lock();  // whoever writes now meets this
  ExpectOk(lock);
  ExpectOk(broker.MoveRowsBeyond(2, 9));
  ExpectOk(broker.MoveRowsBeyond(1, 1));
  EXPECT_EQ(broker.MoveRowsBeyond(1, 9).error().code, Errc::kBusy) << "b has to move";
  EXPECT_EQ(broker.MoveRowsBeyond(2, 10).error().code, Errc::kBusy) << "rows to come have to";
}

TEST_F(DatabaseBrokerTest, RowsThatHaveSuchRowIdsMoveInOrder) {
  auto broker = Broker();
  for (const char* name : {"a", "b", "c", "d"}) {
    ExpectOk(broker.MergeItems({Item(name, At(1), "0", std::int64_t{1}, std::int64_t{2})},
                               std::nullopt));
  }
  const std::string hash = broker.GetInfo()->hash;
  // b and c move above d, which is beyond already.
  ExpectOk(broker.MoveRowsBeyond(1, 3));
  const ItemsPage page = broker.ItemsSince(-1, 10).value();
  EXPECT_EQ(page.last_row, 6);
  EXPECT_EQ(broker.GetMaxRow().value(), 6);
  const auto at = [&](const std::string& text) { return page.rows.find(text); };
  EXPECT_LT(at(R"("ROWID": 4, "name": "d")"), at(R"("ROWID": 5, "name": "b")"));
  EXPECT_LT(at(R"("ROWID": 5, "name": "b")"), at(R"("ROWID": 6, "name": "c")"));
  EXPECT_NE(at(R"("ROWID": 6, "name": "c")"), std::string::npos);
  EXPECT_EQ(broker.GetInfo()->hash, hash);
  EXPECT_EQ(broker.GetInfo()->count, 4);
}

TEST_F(DatabaseBrokerTest, ARowThatIsNotUtf8IsNamed) {
  Execute(
      "INSERT INTO container (name, put_timestamp, delete_timestamp, object_count, bytes_used)"
      " VALUES ('a', CAST(x'ff' AS TEXT), '0', 1, 1)");
  ExpectFails(Broker().ItemsSince(-1, 10), Errc::kIo, "container row 1: column put_timestamp");
}

TEST_F(DatabaseBrokerTest, SyncPointsOnlyRise) {
  auto broker = Broker();
  SetClock(1'700'000'055.9);
  EXPECT_EQ(broker.GetSync("x", SyncDirection::kIncoming).value(), -1);
  ExpectOk(broker.MergeSyncs({{"x", 5}, {"y", -1}}, SyncDirection::kIncoming));
  ExpectOk(broker.MergeSyncs({{"x", 4}, {"y", 7}}, SyncDirection::kIncoming));
  ExpectOk(broker.MergeSyncs({{"x", 9}}, SyncDirection::kOutgoing));
  EXPECT_EQ(broker.GetSync("x", SyncDirection::kIncoming).value(), 5);
  EXPECT_EQ(broker.GetSync("x", SyncDirection::kOutgoing).value(), 9);
  EXPECT_THAT(broker.GetSyncs(SyncDirection::kIncoming).value(),
              ElementsAre(SyncPoint{"x", 5}, SyncPoint{"y", 7}));
  EXPECT_THAT(Query("SELECT updated_at, typeof(updated_at) FROM incoming_sync"),
              ElementsAre("1700000055|text", "1700000055|text"));
}

TEST_F(DatabaseBrokerTest, NewIdTakesTheSendersRowsAsKnown) {
  auto broker = Broker();
  const std::string id = Stat("id");
  ExpectOk(broker.MergeSyncs({{"sender", 50}}, SyncDirection::kIncoming));
  ExpectOk(broker.NewId("sender"));
  EXPECT_NE(Stat("id"), id);
  EXPECT_THAT(Stat("id"), testing::EndsWith("-sdb1"));
  EXPECT_EQ(broker.GetSync("sender", SyncDirection::kIncoming).value(), -1);
  ExpectOk(broker.MergeItems({Item("a", At(1), "0", std::int64_t{1}, std::int64_t{2})}, {}));
  ExpectOk(broker.NewId("sender"));
  EXPECT_EQ(broker.GetSync("sender", SyncDirection::kIncoming).value(), 1);
  EXPECT_EQ(broker.GetSyncs(SyncDirection::kIncoming).value().size(), 1U);
}

TEST_F(DatabaseBrokerTest, TimestampsMergeByMinimumAndMaximum) {
  auto broker = Broker();
  SetClock(1'700'000'500);
  ExpectOk(broker.MergeTimestamps("0000000001.00000", At(2), At(1)));
  EXPECT_EQ(Stat("created_at || ' ' || put_timestamp || ' ' || delete_timestamp"),
            "0000000001.00000 " + At(2) + " " + At(1));
  EXPECT_EQ(Stat("status_changed_at"), At(0));  // still not deleted
  ExpectOk(broker.MergeTimestamps(At(9), At(1), At(3)));
  EXPECT_EQ(Stat("created_at || ' ' || put_timestamp || ' ' || delete_timestamp"),
            "0000000001.00000 " + At(2) + " " + At(3));
  EXPECT_EQ(Stat("status_changed_at"), At(500));
  EXPECT_TRUE(broker.IsDeleted().value());
}

TEST_F(DatabaseBrokerTest, PutAndStatusTimesNeverGoBack) {
  auto broker = Broker();
  ExpectOk(broker.UpdatePutTimestamp(At(5)));
  ExpectOk(broker.UpdatePutTimestamp(At(4)));
  ExpectOk(broker.UpdateStatusChangedAt(At(7)));
  ExpectOk(broker.UpdateStatusChangedAt(At(6)));
  EXPECT_EQ(Stat("put_timestamp || ' ' || status_changed_at"), At(5) + " " + At(7));
}

TEST_F(DatabaseBrokerTest, MetadataIsWrittenOnlyWhenNewer) {
  auto broker = Broker();
  ExpectOk(broker.UpdateMetadata({{"X-Account-Meta-A", "1", At(5)}}));
  EXPECT_EQ(broker.GetReplicationInfo()->metadata,
            R"({"X-Account-Meta-A": ["1", ")" + At(5) + "\"]}");
  const auto lock = Connection::Open(Path()).value();
  {
    // Nothing newer: no writer's lock is needed.
    auto held = Transaction::Begin(*lock).value();
    ExpectOk(broker.UpdateMetadata({{"X-Account-Meta-A", "2", At(5)}}));
    ExpectFails(broker.UpdateMetadata({{"X-Account-Meta-A", "2", At(6)}}), Errc::kBusy, "locked");
  }
  const MetadataLimits none{.max_count = 0};
  ExpectFails(broker.UpdateMetadata({{"X-Account-Meta-B", "2", At(6)}}, &none), Errc::kBadInput,
              "Too many");
  EXPECT_EQ(broker.GetMetadata().value(), (Metadata{{"X-Account-Meta-A", "1", At(5)}}));
}

TEST_F(DatabaseBrokerTest, MetadataThatIsNoJsonIsNamed) {
  Execute("UPDATE account_stat SET metadata = 'oops'");
  ExpectFails(Broker().GetMetadata(), Errc::kBadInput, Path() + ": metadata: ");
  ExpectFails(Broker().Reclaim(1, 1), Errc::kBadInput, "metadata");
  EXPECT_EQ(Broker().GetReplicationInfo().value().metadata, "oops");
}

TEST_F(DatabaseBrokerTest, DeleteDbBlanksMetadataAndMarks) {
  auto broker = Broker();
  ExpectOk(broker.UpdateMetadata({{"A", "1", At(1)}, {"B", "2", At(9)}}));
  ExpectOk(broker.DeleteDb(At(5)));
  EXPECT_EQ(broker.GetMetadata().value(), (Metadata{{"A", "", At(5)}, {"B", "2", At(9)}}));
  EXPECT_EQ(Stat("delete_timestamp || status || status_changed_at"), At(5) + "DELETED" + At(5));
  ExpectOk(broker.DeleteDb(At(4)));
  EXPECT_EQ(Stat("delete_timestamp"), At(5));
  EXPECT_TRUE(broker.IsReclaimable(1'700'000'100, 50).value());
  EXPECT_FALSE(broker.IsReclaimable(1'700'000'100, 95).value());
}

TEST_F(DatabaseBrokerTest, AMissingFileIsDeletedAndNotFound) {
  std::filesystem::remove(Path());
  EXPECT_TRUE(Broker().IsDeleted().value());
  ExpectFails(Broker().GetReplicationInfo(), Errc::kNotFound, Path());
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(DatabaseBrokerTest, LockLetsOthersReadOnly) {
  auto broker = Broker();
  {
    const auto held = broker.Lock().value();
    auto other = Broker();
    EXPECT_TRUE(other.GetInfo().has_value());
    ExpectFails(other.UpdatePutTimestamp(At(9)), Errc::kBusy, "locked");
  }
  ExpectOk(Broker().UpdatePutTimestamp(At(9)));
}

TEST_F(DatabaseBrokerTest, PendingIsLeftAloneByThoseWhoSkip) {
  Pend("c", At(1));
  const std::int64_t bytes = PendingBytes();
  for (const bool read_only : {false, true}) {
    options_.skip_commits = !read_only;
    options_.read_only = read_only;
    auto broker = Broker();
    EXPECT_EQ(broker.GetReplicationInfo().value().count, 0);
    EXPECT_EQ(PendingBytes(), bytes);
    ExpectFails(broker.PutContainer(Item("d", At(1), "0", 1, 2).record), Errc::kBadInput,
                "commits not accepted");
  }
}

TEST_F(DatabaseBrokerTest, AHeldDirectoryLockIsBusyUnlessStaleReadsWillDo) {
  Pend("c", At(1));
  const auto lock = DirLock::Acquire(DirName(Path()), std::chrono::seconds(1)).value();
  ExpectFails(Broker().GetInfo(), Errc::kBusy, ".lock");
  options_.stale_reads_ok = true;
  EXPECT_EQ(Broker().GetInfo().value().count, 0);
}

TEST_F(DatabaseBrokerTest, AFullPendingFileIsCommittedWithTheNewRecord) {
  auto broker = Broker();
  ExpectOk(broker.PutContainer(Item("first", At(1), "0", "1", "2").record));
  EXPECT_GT(PendingBytes(), 0);
  while (PendingBytes() <= kPendingCap) Pend("filler", At(1));
  ExpectOk(broker.PutContainer(Item("last", At(1), At(2), std::int64_t{0}, 0).record));
  EXPECT_EQ(PendingBytes(), 0);
  EXPECT_THAT(Query("SELECT name, deleted FROM container ORDER BY name"),
              ElementsAre("filler|0", "first|0", "last|1"));
}

TEST_F(DatabaseBrokerTest, BrokenPendingEntriesAreWarnedOf) {
  Pend("good", At(1));
  std::ofstream(Path() + ".pending", std::ios::app) << ":broken";
  Pend("good2", "no time at all");
  ExpectOk(Broker().CommitPending());
  EXPECT_THAT(Query("SELECT name FROM container"), ElementsAre("good"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("Invalid pending entry " + Path() + ".pending"),
                                     HasSubstr("no time at all")));
  EXPECT_EQ(PendingBytes(), 0);
}

TEST_F(DatabaseBrokerTest, QuarantineMovesTheDirectory) {
  std::string garbage(8192, 'x');
  std::ofstream(Path()) << garbage;
  auto broker = Broker();
  const auto info = broker.GetReplicationInfo();
  ASSERT_FALSE(info.has_value());
  const Error error = broker.PossiblyQuarantine(info.error());
  const std::string target =
      directory_.Sub("sdb1/quarantined/accounts/") + BaseName(DirName(Path()));
  EXPECT_THAT(error.message,
              HasSubstr("Quarantined " + Path() + " to " + target + " due to corrupted database"));
  EXPECT_TRUE(std::filesystem::exists(target + "/" + BaseName(Path())));
  EXPECT_FALSE(std::filesystem::exists(DirName(Path())));

  Create();
  const std::string second = Broker().Quarantine("again").value();
  EXPECT_THAT(second, testing::MatchesRegex(target + "-[0-9a-f]{32}"));
  EXPECT_TRUE(std::filesystem::exists(second + "/" + BaseName(Path())));
  ExpectFails(Broker().Quarantine("gone"), Errc::kNotFound, "quarantine");
}

TEST_F(DatabaseBrokerTest, OnlySwiftsReasonsQuarantine) {
  auto broker = Broker();
  const Error busy{Errc::kBusy, "x: database is locked", {}};
  EXPECT_EQ(broker.PossiblyQuarantine(busy).message, busy.message);
  Execute("DROP TABLE policy_stat; DROP TABLE container");
  const auto page = broker.ItemsSince(0, 1);
  ExpectFails(page, Errc::kCorrupt, "no such table: container");
  EXPECT_EQ(broker.PossiblyQuarantine(page.error()).message, page.error().message);
  EXPECT_TRUE(std::filesystem::exists(Path()));
  Execute("DELETE FROM account_stat");
  const auto metadata = broker.GetMetadata();
  ExpectFails(metadata, Errc::kCorrupt, "missing row in account_stat table");
  EXPECT_THAT(broker.PossiblyQuarantine(metadata.error()).message,
              HasSubstr("due to missing row in account_stat table"));
}

TEST_F(DatabaseBrokerTest, WrongTypesAreNamed) {
  Execute("UPDATE account_stat SET container_count = 'many'");
  ExpectFails(Broker().GetReplicationInfo(), Errc::kBadInput,
              "column container_count: not an integer: \"many\"");
}

}  // namespace
}  // namespace dbrepl
