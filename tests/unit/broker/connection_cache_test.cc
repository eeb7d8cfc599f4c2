#include "broker/connection_cache.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "broker/quarantine.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ConnectionCacheTest : public AccountTest {
 protected:
  ConnectionCacheTest() {
    Create();
    options_.connections = &cache_;
  }

  // Descriptors of this process that lead below the test's directory.
  Rows OpenFiles() const {
    Rows open;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      const std::string target = std::filesystem::read_symlink(entry.path(), error);
      if (target.rfind(directory_.path(), 0) == 0) open.push_back(target);
    }
    return open;
  }
  void Visit() { ExpectOk(Broker().GetReplicationInfo()); }

  ConnectionCache cache_{2};
};

TEST_F(ConnectionCacheTest, NothingIsHeldOpenBetweenVisits) {
  {
    auto broker = Broker();
    ExpectOk(broker.GetReplicationInfo());
    EXPECT_THAT(OpenFiles(), UnorderedElementsAre(Path()));
  }
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_THAT(OpenFiles(), IsEmpty());
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("c", At(1), "0", 1, 2)}, std::nullopt));
  EXPECT_EQ(cache_.size(), 0U);
  EXPECT_EQ(broker.GetReplicationInfo().value().count, 1);
}

TEST_F(ConnectionCacheTest, SeesWhatOthersDidMeanwhile) {
  Visit();
  ExpectOk(AccountBroker(Path()).MergeItems({Item("c", At(1), "0", 1, 2)}, std::nullopt));
  EXPECT_EQ(Broker().GetReplicationInfo().value().count, 1);
  Execute(
      "ALTER TABLE account_stat ADD COLUMN colour TEXT; DROP TABLE policy_stat;"
      "UPDATE account_stat SET container_count = 7");
  EXPECT_EQ(Broker().GetReplicationInfo().value().count, 7);
  ExpectFails(Broker().MergeItems({Item("d", At(1), "0", 1, 2)}, std::nullopt), Errc::kCorrupt,
              "no such table: policy_stat");
}

TEST_F(ConnectionCacheTest, ARemovedFileIsGone) {
  Visit();
  std::filesystem::remove(Path());
  ExpectFails(Broker().GetReplicationInfo(), Errc::kNotFound, Path());
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(ConnectionCacheTest, AReplacedFileIsReadAnew) {
  Visit();
  const std::string id = QueryOne("SELECT id FROM account_stat");
  // Often with the same inode number, and always with the same schema version.
  std::filesystem::remove(Path());
  Create();
  ASSERT_NE(QueryOne("SELECT id FROM account_stat"), id);
  EXPECT_EQ(cache_.Take(Path()), nullptr);
  EXPECT_EQ(Broker().GetReplicationInfo().value().id, QueryOne("SELECT id FROM account_stat"));
}

TEST_F(ConnectionCacheTest, AFileReplacedWhileOpenIsNotKept) {
  {
    auto broker = Broker();
    ExpectOk(broker.GetReplicationInfo());
    std::filesystem::remove(Path());
    Create();
  }
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(ConnectionCacheTest, OnlySoManyAreKept) {
  auto first = Connection::Open(Path()).value();
  auto second = Connection::Open(Path()).value();
  auto third = Connection::Open(Path()).value();
  cache_.Give(std::move(first));
  cache_.Give(std::move(second));
  cache_.Give(std::move(third));
  EXPECT_EQ(cache_.size(), 2U);
  EXPECT_NE(cache_.Take(Path()), nullptr);
  EXPECT_EQ(cache_.Take(Path() + "x"), nullptr);
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(ConnectionCacheTest, WhatIsInUseOrWentWrongIsNotKept) {
  auto busy = Connection::Open(Path()).value();
  ASSERT_TRUE(busy->Execute("BEGIN").has_value());
  cache_.Give(std::move(busy));
  auto wrong = Connection::Open(Path()).value();
  EXPECT_FALSE(wrong->Prepare("SELECT * FROM nowhere").has_value());
  cache_.Give(std::move(wrong));
  auto read_only = Connection::Open(Path(), {.mode = ConnectionOptions::Mode::kReadOnly}).value();
  cache_.Give(std::move(read_only));
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(ConnectionCacheTest, WriteAheadLogsOfOthersAreConvertedBack) {
  Visit();
  {
    auto other = Connection::Open(Path()).value();
    auto query = other->Prepare("PRAGMA journal_mode = WAL").value();
    ASSERT_TRUE(query.Step().value());
    ASSERT_EQ(query.Text(0), "wal");
  }
  ExpectOk(Broker().UpdatePutTimestamp(At(5)));
  cache_.Take(Path());  // whatever was kept
  Visit();
  EXPECT_EQ(QueryOne("SELECT put_timestamp FROM account_stat"), At(5));
}

}  // namespace
}  // namespace dbrepl
