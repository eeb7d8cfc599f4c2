#include "broker/reclaim.h"

#include <gmock/gmock.h>

#include "broker/pending_file.h"
#include "common/strings.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;

constexpr double kBase = 1'700'000'000;

class ReclaimTest : public AccountTest {
 protected:
  ReclaimTest() { Create(); }

  void AddTombstones(int count, int first_second) {
    Execute(StrCat("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ",
                   count, ") INSERT INTO container (name, put_timestamp, delete_timestamp,",
                   " object_count, bytes_used, deleted) SELECT printf('c%06d', i), '0', '",
                   At(first_second), "', 0, 0, 1 FROM n"));
  }
};

TEST_F(ReclaimTest, OldTombstonesGoAndTheHashFollows) {
  Execute(
      "INSERT INTO container (name, put_timestamp, delete_timestamp, object_count, bytes_used,"
      " deleted) VALUES ('alive', '" +
      At(1) + "', '0', 1, 2, 0)");
  const std::string hash = QueryOne("SELECT hash FROM account_stat");
  AddTombstones(3, 5);
  auto broker = Broker();
  EXPECT_EQ(broker.Reclaim(kBase + 5, 0).value(), 0);
  EXPECT_EQ(broker.Reclaim(kBase + 6, 0).value(), 3);
  EXPECT_THAT(Query("SELECT hash, container_count FROM account_stat"), ElementsAre(hash + "|1"));
  EXPECT_EQ(broker.Reclaim(kBase + 6, 0).value(), 0);
  EXPECT_EQ(broker.GetMaxRow().value(), 4);
}

TEST_F(ReclaimTest, ManyGoInBatches) {
  AddTombstones(25'000, 1);
  EXPECT_EQ(Broker().Reclaim(kBase + 6, 0).value(), 25'000);
  EXPECT_EQ(QueryOne("SELECT hash FROM account_stat"), std::string(32, '0'));
}

TEST_F(ReclaimTest, NothingToDoNeedsNoWritersLock) {
  AddTombstones(2, 5);
  auto broker = Broker();
  ExpectOk(broker.MergeSyncs({{"x", 1}}, SyncDirection::kIncoming));
  auto other = Connection::Open(Path()).value();
  auto held = Transaction::Begin(*other).value();
  EXPECT_EQ(broker.Reclaim(kBase + 5, 1).value(), 0);
  ExpectFails(broker.Reclaim(kBase + 6, 1), Errc::kBusy, "locked");
}

TEST_F(ReclaimTest, UntouchedSyncPointsAndOldDeletedMetadataGo) {
  auto broker = Broker();
  SetClock(kBase + 10);
  ExpectOk(broker.MergeSyncs({{"old", 1}}, SyncDirection::kIncoming));
  ExpectOk(broker.MergeSyncs({{"old", 1}}, SyncDirection::kOutgoing));
  SetClock(kBase + 20);
  ExpectOk(broker.MergeSyncs({{"new", 1}}, SyncDirection::kIncoming));
  ExpectOk(broker.UpdateMetadata({{"A", "", At(3)}, {"B", "", At(30)}, {"C", "x", At(3)}}));
  ExpectOk(broker.Reclaim(kBase + 25, kBase + 15));
  EXPECT_THAT(Query("SELECT remote_id FROM incoming_sync UNION ALL"
                    " SELECT remote_id FROM outgoing_sync"),
              ElementsAre("new"));
  EXPECT_EQ(broker.GetMetadata().value(), (Metadata{{"B", "", At(30)}, {"C", "x", At(3)}}));
}

TEST_F(ReclaimTest, PendingRecordsGoInFirst) {
  ExpectOk(AppendPending(Path() + ".pending",
                         PickleTuple({"p", At(1), At(2), std::int64_t{0}, std::int64_t{0},
                                      std::int64_t{1}, std::int64_t{0}})));
  EXPECT_EQ(Broker().Reclaim(kBase + 6, 0).value(), 1);
  EXPECT_EQ(QueryOne("SELECT COUNT(*) FROM container"), "0");
}

}  // namespace
}  // namespace dbrepl
