#include "broker/read_hold.h"

#include "broker/pending_file.h"
#include "common/dir_lock.h"
#include "common/files.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

class ReadHoldTest : public AccountTest {
 protected:
  ReadHoldTest() { Create(); }

  static std::vector<ContainerItem> One(const std::string& name) {
    return {Item(name, At(1), "0", std::int64_t{1}, std::int64_t{2})};
  }
};

TEST_F(ReadHoldTest, HoldsOffOthersCommitsUntilItEnds) {
  auto reader = Broker();
  auto writer = Broker();
  {
    const ReadHold hold(reader);
    EXPECT_EQ(reader.GetMaxRow().value(), -1);
    const auto merged = writer.MergeItems(One("a"), std::nullopt);
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, Errc::kBusy);
    EXPECT_EQ(reader.GetReplicationInfo().value().max_row, -1);
  }
  ExpectOk(writer.MergeItems(One("a"), std::nullopt));
  EXPECT_EQ(reader.GetReplicationInfo().value().max_row, 1);
}

TEST_F(ReadHoldTest, AWriteOfItsOwnEndsItAndStays) {
  auto broker = Broker();
  auto other = Broker();
  {
    const ReadHold hold(broker);
    EXPECT_EQ(broker.GetMaxRow().value(), -1);
    ExpectOk(broker.MergeItems(One("a"), std::nullopt));
    ExpectOk(other.MergeItems(One("b"), std::nullopt));
    EXPECT_EQ(broker.GetMaxRow().value(), 2);
  }
  EXPECT_EQ(other.GetInfo().value().count, 2);
}

// Whoever commits pending records has the directory's lock and waits for readers: a reader that
// waited for that lock in turn would wait for ever.
TEST_F(ReadHoldTest, WaitsForTheDirectorysLockWithoutHoldingReads) {
  auto broker = Broker();
  auto other = Broker();
  const ReadHold hold(broker);
  EXPECT_EQ(broker.GetMaxRow().value(), -1);
  ExpectOk(AppendPending(Path() + ".pending",
                         PickleTuple({std::string("p"), At(2), std::string("0"), std::int64_t{1},
                                      std::int64_t{2}, std::int64_t{0}, std::int64_t{0}})));
  const auto lock = DirLock::AcquireExisting(DirName(Path()), std::chrono::milliseconds(50));
  ExpectOk(lock);
  EXPECT_EQ(broker.GetInfo().error().code, Errc::kBusy);
  ExpectOk(other.MergeSyncs({{"peer", 1}}, SyncDirection::kIncoming));
}

TEST_F(ReadHoldTest, HoldsNothingWithinAnotherOrWithoutAFile) {
  auto broker = Broker();
  auto other = Broker();
  {
    const ReadHold outer(broker);
    EXPECT_TRUE(outer.opened());
    { const ReadHold inner(broker); }
    EXPECT_EQ(broker.GetMaxRow().value(), -1);
    EXPECT_EQ(other.MergeItems(One("a"), std::nullopt).error().code, Errc::kBusy);
  }
  AccountBroker nobody(Path() + "x", options_);
  const ReadHold hold(nobody);
  EXPECT_EQ(hold.opened().error().code, Errc::kNotFound);
  EXPECT_EQ(nobody.GetMaxRow().error().code, Errc::kNotFound);
}

TEST_F(ReadHoldTest, OutlivesAConnectionThatIsClosed) {
  auto broker = Broker();
  auto other = Broker();
  const ReadHold hold(broker);
  EXPECT_EQ(broker.GetMaxRow().value(), -1);
  broker.CloseConnection();
  ExpectOk(other.MergeItems(One("a"), std::nullopt));
  EXPECT_EQ(broker.GetMaxRow().value(), 1);
}

}  // namespace
}  // namespace dbrepl
