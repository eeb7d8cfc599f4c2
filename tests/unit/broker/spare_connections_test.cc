#include "broker/spare_connections.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "common/strings.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

constexpr std::chrono::milliseconds kNoWait{0};
constexpr char kSchema[] = "CREATE TABLE t (x TEXT, y TEXT); CREATE INDEX i ON t (x);";

class SpareConnectionsTest : public AccountTest {
 protected:
  std::string PathOf(const std::string& name) const { return directory_.Sub(name + ".db"); }

  // A database of its own, as the script makes it; returns its path.
  std::string Make(const std::string& name, const std::string& script) const {
    std::string path = PathOf(name);
    std::ofstream(path).close();
    auto connection = Connection::Open(path).value();
    ExpectOk(connection->Execute(script));
    return path;
  }
  static std::string Ask(Connection& connection, std::string_view sql) {
    auto query = connection.Prepare(sql).value();
    return query.Step().value() ? std::string(query.Text(0)) : "nothing";
  }
  static std::string AskFile(const std::string& path, std::string_view sql) {
    return Ask(*Connection::Open(path).value(), sql);
  }
  // Opened for this database, asked once, and spare from now on.
  void GiveOneOf(const std::string& path) {
    auto connection = Connection::Open(path).value();
    Ask(*connection, "SELECT x FROM t");
    spares_.Give(std::move(connection));
    ASSERT_EQ(spares_.size(), 1U);
  }
  std::unique_ptr<Connection> Take(const std::string& path) {
    auto taken = spares_.Take(path, kNoWait);
    ExpectOk(taken);
    if (!taken || *taken == nullptr) return nullptr;
    EXPECT_TRUE((*taken)->holds_reads());
    (*taken)->EndHeldReads();
    return *std::move(taken);
  }

  SpareConnections spares_{2};
};

TEST_F(SpareConnectionsTest, GoesOnWithAnotherDatabase) {
  const std::string a = Make("a", StrCat(kSchema, "INSERT INTO t VALUES ('a', 'in a')"));
  const std::string b = Make("b", StrCat(kSchema, "INSERT INTO t VALUES ('b', 'in b')"));
  GiveOneOf(a);
  const auto connection = Take(b);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->path(), b);
  EXPECT_EQ(Ask(*connection, "SELECT y FROM t WHERE x >= 'a'"), "in b");
  ExpectOk(connection->Execute("UPDATE t SET y = 'changed'"));
  EXPECT_EQ(AskFile(a, "SELECT y FROM t"), "in a");
  EXPECT_EQ(AskFile(b, "SELECT y FROM t"), "changed");
  EXPECT_EQ(AskFile(b, "PRAGMA integrity_check"), "ok");
}

// Equal in every number by which SQLite tells whether pages in its memory still hold.
TEST_F(SpareConnectionsTest, SeesNoPageOfTheFileBefore) {
  const std::string a = Make("a", StrCat(kSchema, "INSERT INTO t VALUES ('k', 'in a')"));
  const std::string b = Make("b", StrCat(kSchema, "INSERT INTO t VALUES ('k', 'in b')"));
  GiveOneOf(a);
  for (const auto& [path, expected] : {std::pair(b, "in b"), {a, "in a"}, {b, "in b"}}) {
    auto connection = Take(path);
    ASSERT_NE(connection, nullptr);
    EXPECT_EQ(Ask(*connection, "SELECT y FROM t WHERE x = 'k'"), expected);
    spares_.Give(std::move(connection));
  }
}

TEST_F(SpareConnectionsTest, AnotherSchemaIsNeverTakenForTheSame) {
  const std::string a = Make("a", StrCat(kSchema, "INSERT INTO t VALUES ('a', 'y')"));
  const std::string swapped = Make("b",
                                   "CREATE TABLE t (y TEXT, x TEXT); CREATE INDEX i ON t (x);"
                                   "INSERT INTO t VALUES ('y', 'b')");
  ASSERT_EQ(AskFile(a, "PRAGMA schema_version"), AskFile(swapped, "PRAGMA schema_version"));
  GiveOneOf(a);
  EXPECT_EQ(Take(swapped), nullptr);
  EXPECT_EQ(spares_.size(), 0U) << "it has seen the other schema";
}

TEST_F(SpareConnectionsTest, OneThatDoesNotFitWaitsForOneThatDoes) {
  const std::string a = Make("a", kSchema);
  const std::string later = Make("b", StrCat(kSchema, "ALTER TABLE t ADD COLUMN z TEXT"));
  GiveOneOf(a);
  EXPECT_EQ(Take(later), nullptr);
  EXPECT_EQ(spares_.size(), 1U);
  spares_.Give(Connection::Open(later).value());
  EXPECT_NE(Take(a), nullptr);
  EXPECT_NE(Take(later), nullptr);
}

TEST_F(SpareConnectionsTest, ASchemaThatChangedInBetweenIsReadAnew) {
  const std::string a = Make("a", kSchema);
  const std::string b = Make("b", StrCat(kSchema, "INSERT INTO t VALUES ('b', 'y')"));
  // Of the same version as `a` will be, and another.
  const std::string c = Make("c", StrCat(kSchema, "ALTER TABLE t ADD COLUMN w TEXT DEFAULT 'w'"));
  GiveOneOf(a);
  auto connection = Take(a);
  ASSERT_NE(connection, nullptr);
  ExpectOk(connection->Execute("ALTER TABLE t ADD COLUMN z TEXT DEFAULT 'z'"));
  EXPECT_EQ(Ask(*connection, "SELECT count(z) FROM t"), "0");
  spares_.Give(std::move(connection));
  EXPECT_EQ(Take(c), nullptr);
  connection = Take(b);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(Ask(*connection, "SELECT * FROM t"), "b");
  EXPECT_FALSE(connection->HasColumn("t", "z").value());
  // A change by others while it is in use.
  ExpectOk(Connection::Open(b).value()->Execute("ALTER TABLE t ADD COLUMN v TEXT DEFAULT 'v'"));
  EXPECT_EQ(Ask(*connection, "SELECT v FROM t"), "v");
}

TEST_F(SpareConnectionsTest, RollsBackWhatACrashLeftInTheNewFile) {
  const std::string a = Make("a", StrCat(kSchema, "INSERT INTO t VALUES ('a', 'in a')"));
  const std::string b = Make("b", StrCat(kSchema, "INSERT INTO t VALUES ('b', 'before')"));
  const std::string crashed = PathOf("crashed");
  {
    auto writer = Connection::Open(b).value();
    // Without room in memory pages are written, and the journal before them.
    ExpectOk(
        writer->Execute("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;"
                        "UPDATE t SET y = 'half'"));
    ExpectOk(
        writer->Execute("WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                        " INSERT INTO t SELECT 'n' || i, 'half' FROM n"));
    std::filesystem::copy_file(b, crashed);
    std::filesystem::copy_file(b + "-journal", crashed + "-journal");
    ExpectOk(writer->Execute("ROLLBACK"));
  }
  GiveOneOf(a);
  const auto connection = Take(crashed);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(Ask(*connection, "SELECT group_concat(y) FROM t"), "before");
  EXPECT_FALSE(std::filesystem::exists(crashed + "-journal"));
}

TEST_F(SpareConnectionsTest, JournalsLieBesideTheFileOfTheMoment) {
  const std::string a = Make("a", kSchema);
  const std::string b = Make("b", kSchema);
  GiveOneOf(a);
  const auto connection = Take(b);
  ASSERT_NE(connection, nullptr);
  ExpectOk(connection->Execute("BEGIN IMMEDIATE; INSERT INTO t VALUES ('x', 'y')"));
  EXPECT_TRUE(std::filesystem::exists(b + "-journal"));
  EXPECT_FALSE(std::filesystem::exists(a + "-journal"));
  ExpectOk(connection->Execute("COMMIT"));
  EXPECT_FALSE(std::filesystem::exists(b + "-journal"));
}

TEST_F(SpareConnectionsTest, WhatCannotBeOpenedIsLeftToOthersToReport) {
  const std::string a = Make("a", kSchema);
  GiveOneOf(a);
  EXPECT_EQ(Take(PathOf("missing")), nullptr);
  std::ofstream(PathOf("text")) << std::string(4096, 'x');
  EXPECT_EQ(Take(PathOf("text")), nullptr);
  EXPECT_EQ(Take(directory_.Sub(std::string(600, 'd'))), nullptr);
  const std::string wal = Make("wal", StrCat(kSchema, "INSERT INTO t VALUES ('b', 'y')"));
  const auto other = Connection::Open(wal).value();
  EXPECT_EQ(Ask(*other, "PRAGMA journal_mode = WAL"), "wal");
  EXPECT_EQ(Take(wal), nullptr);
  EXPECT_EQ(spares_.size(), 1U);
  EXPECT_NE(Take(a), nullptr);
}

TEST_F(SpareConnectionsTest, ALockedDatabaseIsWaitedForOnce) {
  const std::string a = Make("a", kSchema);
  const std::string b = Make("b", kSchema);
  GiveOneOf(a);
  const auto other = Connection::Open(b).value();
  ExpectOk(other->Execute("BEGIN EXCLUSIVE"));
  ExpectFails(spares_.Take(b, kNoWait), Errc::kBusy, b);
}

TEST_F(SpareConnectionsTest, OnlySoManyAreKeptAndNoneThatWentWrong) {
  const std::string a = Make("a", kSchema);
  for (int i = 0; i < 3; ++i) spares_.Give(Connection::Open(a).value());
  EXPECT_EQ(spares_.size(), 2U);
  EXPECT_NE(Take(a), nullptr);
  EXPECT_NE(Take(a), nullptr);
  auto wrong = Connection::Open(a).value();
  EXPECT_FALSE(wrong->Prepare("SELECT * FROM nowhere").has_value());
  spares_.Give(std::move(wrong));
  auto busy = Connection::Open(a).value();
  ExpectOk(busy->Execute("BEGIN"));
  spares_.Give(std::move(busy));
  spares_.Give(Connection::Open(a, {.mode = ConnectionOptions::Mode::kReadOnly}).value());
  EXPECT_EQ(spares_.size(), 0U);
}

TEST_F(SpareConnectionsTest, BrokersGoFromOneDatabaseToTheNext) {
  options_.spares = &spares_;
  Create();
  const std::string first_id = Broker().GetReplicationInfo().value().id;
  EXPECT_EQ(spares_.size(), 1U);
  // Another one in the place of the first.
  std::filesystem::remove(Path());
  Create();
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("c", At(1), "0", 1, 2)}, std::nullopt));
  EXPECT_EQ(spares_.size(), 0U);
  const ReplicationInfo info = broker.GetReplicationInfo().value();
  EXPECT_NE(info.id, first_id);
  EXPECT_EQ(info.count, 1);
  EXPECT_EQ(QueryOne("SELECT container_count FROM account_stat"), "1");
}

}  // namespace
}  // namespace dbrepl
