#include "broker/connection.h"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "broker/transaction.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    std::ofstream(path_).close();
    connection_ = Connection::Open(path_, Quick()).value();
    EXPECT_TRUE(connection_->Execute("CREATE TABLE t (a TEXT, b INTEGER)").has_value());
  }

  static ConnectionOptions Quick() { return {.lock_timeout = std::chrono::milliseconds(30)}; }

  std::string Ask(std::string_view sql) {
    auto query = connection_->Prepare(sql).value();
    EXPECT_TRUE(query.Step().value());
    return std::string(query.Text(0));
  }

  TempDir directory_{TempDir::kInMemory};
  std::string path_ = directory_.Sub("t.db");
  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, IsSetUpAsSwifts) {
  EXPECT_EQ(Ask("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(Ask("PRAGMA synchronous"), "1");
  EXPECT_EQ(Ask("PRAGMA temp_store"), "2");
  EXPECT_EQ(Ask("PRAGMA recursive_triggers"), "0");
}

TEST_F(ConnectionTest, ATransactionWithinAnotherIsPartOfIt) {
  const auto insert = [&] {
    auto inner = Transaction::Begin(*connection_).value();
    EXPECT_TRUE(connection_->Execute("INSERT INTO t VALUES ('x', 1)"));
    EXPECT_TRUE(inner.Commit());
  };
  const auto rows = [&] { return Connection::Open(path_, Quick()).value(); };
  const auto count = [&] {
    const auto other = rows();
    auto query = other->Prepare("SELECT count(*) FROM t").value();
    EXPECT_TRUE(query.Step().value());
    return query.Int64(0);
  };
  {
    const auto outer = Transaction::Begin(*connection_).value();
    insert();
    const auto reading = Transaction::Begin(*connection_, Transaction::Kind::kRead);
    EXPECT_TRUE(reading);
    EXPECT_EQ(count(), 0) << "nothing lasts before the outer one does";
  }
  EXPECT_EQ(count(), 0) << "the outer one was undone, and all with it";
  auto outer = Transaction::Begin(*connection_).value();
  insert();
  insert();
  EXPECT_TRUE(outer.Commit());
  EXPECT_EQ(count(), 2);
}

TEST_F(ConnectionTest, ConvertsWalBack) {
  ASSERT_EQ(Ask("PRAGMA journal_mode = WAL"), "wal");
  connection_.reset();
  connection_ = Connection::Open(path_).value();
  EXPECT_EQ(Ask("PRAGMA journal_mode"), "delete");
  std::ifstream file(path_, std::ios::binary);
  std::string header(100, '\0');
  file.read(header.data(), 100);
  EXPECT_EQ(header[18], 1);  // the file format's write version: 2 would be WAL
}

TEST_F(ConnectionTest, NeverCreatesAFile) {
  const auto missing = Connection::Open(directory_.Sub("missing.db"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("missing.db"));
  struct stat info {};
  EXPECT_NE(::stat(directory_.Sub("missing.db").c_str(), &info), 0);
}

TEST_F(ConnectionTest, TellsGarbageFromDatabases) {
  std::ofstream(directory_.Sub("garbage.db")) << std::string(4096, 'x');
  const auto garbage = Connection::Open(directory_.Sub("garbage.db"));
  ASSERT_FALSE(garbage.has_value());
  EXPECT_EQ(garbage.error().code, Errc::kCorrupt);
  EXPECT_THAT(garbage.error().message, HasSubstr("is not a database"));
}

TEST_F(ConnectionTest, ReadOnlyNeverWrites) {
  auto reader = Connection::Open(path_, {.mode = ConnectionOptions::Mode::kReadOnly}).value();
  EXPECT_FALSE(reader->Execute("INSERT INTO t VALUES ('x', 1)").has_value());
  EXPECT_TRUE(reader->Prepare("SELECT * FROM t").has_value());
}

TEST_F(ConnectionTest, TextKeepsNulBytesAndEmptiness) {
  const std::string name("\0o\0\xC3\xA9", 5);
  {
    auto insert = connection_->Prepare("INSERT INTO t VALUES (?, ?)").value();
    insert.BindAll(name, 1);
    ASSERT_TRUE(insert.Run().has_value());
    insert.BindAll(std::string_view(), 2);
    ASSERT_TRUE(insert.Run().has_value());
    insert.BindAll(nullptr, SqlValue("3"));
    ASSERT_TRUE(insert.Run().has_value());
  }
  auto query = connection_->Prepare("SELECT a, b FROM t ORDER BY b").value();
  ASSERT_TRUE(query.Step().value());
  EXPECT_EQ(query.Text(0), name);
  ASSERT_TRUE(query.Step().value());
  EXPECT_EQ(query.Value(0), SqlValue(""));
  ASSERT_TRUE(query.Step().value());
  EXPECT_TRUE(query.IsNull(0));
  EXPECT_EQ(query.Value(1), SqlValue(std::int64_t{3}));  // the column's affinity at work
  EXPECT_FALSE(query.Step().value());
}

TEST_F(ConnectionTest, TheSameTextInUseTwiceIsTwoStatements) {
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES ('x', 1), ('y', 2)").has_value());
  auto first = connection_->Prepare("SELECT a FROM t ORDER BY b").value();
  ASSERT_TRUE(first.Step().value());
  auto second = connection_->Prepare("SELECT a FROM t ORDER BY b").value();
  ASSERT_TRUE(second.Step().value());
  ASSERT_TRUE(first.Step().value());
  EXPECT_EQ(first.Text(0), "y");
  EXPECT_EQ(second.Text(0), "x");
}

TEST_F(ConnectionTest, AnotherWritersLockIsWaitedForThenBusy) {
  auto other = Connection::Open(path_, Quick()).value();
  auto held = std::make_optional(Transaction::Begin(*other).value());
  const auto refused = Transaction::Begin(*connection_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  EXPECT_THAT(refused.error().message, HasSubstr("t.db: database is locked"));

  connection_->set_lock_timeout(std::chrono::seconds(10));
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    held.reset();
  });
  EXPECT_TRUE(Transaction::Begin(*connection_).has_value());
  release.join();
}

TEST_F(ConnectionTest, WhatIsNotCommittedIsUndone) {
  { ASSERT_TRUE(Transaction::Begin(*connection_).has_value()); }
  {
    auto transaction = Transaction::Begin(*connection_).value();
    ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES ('kept', 1)").has_value());
    {
      auto savepoint = Savepoint::Begin(*connection_, "part").value();
      ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES ('undone', 1)").has_value());
    }
    {
      auto savepoint = Savepoint::Begin(*connection_, "part").value();
      ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES ('released', 1)").has_value());
      ASSERT_TRUE(savepoint.Release().has_value());
    }
    ASSERT_TRUE(transaction.Commit().has_value());
  }
  {
    auto transaction = Transaction::Begin(*connection_).value();
    ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES ('lost', 1)").has_value());
  }
  EXPECT_EQ(Ask("SELECT group_concat(a) FROM t"), "kept,released");
}

TEST_F(ConnectionTest, TriggersFireOnlyWhenAsked) {
  ASSERT_TRUE(connection_
                  ->Execute("CREATE TRIGGER double AFTER INSERT ON t BEGIN"
                            " UPDATE t SET b = b * 2 WHERE ROWID = new.ROWID; END")
                  .has_value());
  for (const bool on : {false, true, false}) {
    connection_->UseTriggers(on);
    auto insert = connection_->Prepare("INSERT INTO t VALUES ('x', 1)").value();
    ASSERT_TRUE(insert.Run().has_value());
  }
  EXPECT_EQ(Ask("SELECT group_concat(b) FROM t"), "1,2,1");
}

TEST_F(ConnectionTest, LooksAtTheSchema) {
  ASSERT_TRUE(connection_->Execute("CREATE VIEW v AS SELECT a FROM t; CREATE INDEX i ON t (a)")
                  .has_value());
  EXPECT_TRUE(connection_->HasTable("t").value());
  EXPECT_FALSE(connection_->HasTable("v").value());
  EXPECT_FALSE(connection_->HasTable("u").value());
  EXPECT_TRUE(connection_->HasColumn("t", "b").value());
  EXPECT_FALSE(connection_->HasColumn("t", "c").value());
  EXPECT_TRUE(connection_->HasIndex("i").value());
  EXPECT_FALSE(connection_->HasIndex("j").value());
}

TEST_F(ConnectionTest, ErrorsNameTheDatabaseAndTheProblem) {
  const auto table = connection_->Prepare("SELECT * FROM nowhere");
  EXPECT_EQ(table.error().code, Errc::kCorrupt);
  EXPECT_THAT(table.error().message, HasSubstr("t.db: no such table: nowhere"));
  const auto column = connection_->Prepare("SELECT missing FROM t");
  EXPECT_EQ(column.error().code, Errc::kIo);
  EXPECT_THAT(column.error().message, HasSubstr("no such column: missing"));
}

TEST_F(ConnectionTest, CheckedColumnsRefuseWrongTypes) {
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES (x'ff', 'many')").has_value());
  auto query = connection_->Prepare("SELECT a, b, NULL, 7 FROM t").value();
  ASSERT_TRUE(query.Step().value());
  EXPECT_THAT(query.CheckedUtf8(0).error().message, HasSubstr("column a: not UTF-8"));
  EXPECT_THAT(query.CheckedInt64(1).error().message, HasSubstr("column b: not an integer: \"many"));
  EXPECT_EQ(query.CheckedInt64(2).value(), 0);
  EXPECT_EQ(query.CheckedUtf8(2).value(), "");
  EXPECT_EQ(query.CheckedInt64(3).value(), 7);
}

}  // namespace
}  // namespace dbrepl
