#include "replicator/answer/file_ops.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/dir_lock.h"
#include "tests/unit/replicator/service_fixture.h"

namespace dbrepl {
namespace {

class FileOpsTest : public ServiceTest {
 protected:
  std::string Complete(const std::string& id) const {
    return StrCat("[\"complete_rsync\", \"", id, "\", \"", hash_, ".db\"]");
  }
  std::string Merge(const std::string& id) const {
    return StrCat("[\"rsync_then_merge\", \"", id, "\", \"", hash_, ".db\"]");
  }
  std::vector<std::string> Names() const {
    return Query(Path(), "SELECT name FROM object WHERE deleted = 0 ORDER BY name");
  }
  std::size_t LeftInTmp() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(directory_.Sub("sda/tmp"))) {
      ++count;
    }
    return count;
  }
};

TEST_F(FileOpsTest, CompleteRsyncPublishesWithANewId) {
  const std::string id = Land({"a", "b"});
  const auto answer = Ask(Complete(id));
  EXPECT_EQ(answer.head.status, 204) << answer.body;
  EXPECT_EQ(*answer.head.headers.Find("Content-Type"), "text/html; charset=UTF-8");
  EXPECT_EQ(Names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_NE(Query(Path(), "SELECT id FROM container_info").front(), id);
  EXPECT_EQ(Query(Path(), "SELECT remote_id, sync_point FROM incoming_sync"),
            std::vector<std::string>{StrCat(id, "|2")});
  EXPECT_EQ(LeftInTmp(), 0U);
  EXPECT_EQ(Status(Complete(id)), 404);
}

TEST_F(FileOpsTest, CompleteRsyncTakesEpochsOfThisHash) {
  const std::string id = Land({"a"});
  EXPECT_EQ(
      Status(StrCat("[\"complete_rsync\", \"", id, "\", \"", hash_, "_1700000000.00000.db\"]")),
      204);
  const std::string path = Path();
  EXPECT_TRUE(
      std::filesystem::exists(StrCat(path.substr(0, path.size() - 3), "_1700000000.00000.db")));
  const std::string second = Land({"b"});
  EXPECT_EQ(Status(Complete(second)), 404) << "there is a database already";
  EXPECT_TRUE(std::filesystem::exists(TmpPath(second)));
}

TEST_F(FileOpsTest, CompleteRsyncNeverReplaces) {
  Create();
  const std::string id = Land({"a"});
  EXPECT_EQ(Status(Complete(id)), 404);
  EXPECT_TRUE(Names().empty());
  EXPECT_TRUE(std::filesystem::exists(TmpPath(id)));
}

// What lands in tmp and is refused: it stays there, under its name, and is not published.
TEST_F(FileOpsTest, BadFilesAreRefusedAndStay) {
  struct Case {
    const char* what;
    std::function<void(const std::string& path)> spoil;
  };
  const auto sql = [](std::string script) {
    return [script = std::move(script)](const std::string& path) { Execute(path, script); };
  };
  const auto byte = [](std::streamoff offset, char value) {
    return [offset, value](const std::string& path) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(offset);
      file.put(value);
    };
  };
  const Case kCases[] = {
      {"empty", [](const std::string& path) { std::filesystem::resize_file(path, 0); }},
      {"head only", [](const std::string& path) { std::filesystem::resize_file(path, 100); }},
      {"cut short", [](const std::string& path) { std::filesystem::resize_file(path, 8192); }},
      {"text", [](const std::string& path) { std::ofstream(path) << std::string(5000, 'x'); }},
      {"magic", byte(3, 'x')},
      {"page size 3", byte(17, 3)},
      {"page size 256", [&](const std::string& path) { byte(16, 1)(path); }},
      {"WAL to write", byte(18, 2)},
      {"WAL to read", byte(19, 2)},
      {"reserved bytes", byte(20, 100)},
      {"UTF-16", byte(59, 2)},
      {"root page", byte(100, 77)},
      {"another trigger",
       sql("CREATE TRIGGER x AFTER INSERT ON object BEGIN DELETE FROM object; END")},
      {"a changed trigger",
       sql("DROP TRIGGER object_update; CREATE TRIGGER object_update BEFORE UPDATE ON object BEGIN "
           "DELETE FROM policy_stat; END")},
      {"a known trigger with a wrong name",
       sql("CREATE TRIGGER object_insert AFTER INSERT ON shard_range BEGIN SELECT 1; END")},
      {"another view", sql("CREATE VIEW v AS SELECT * FROM object")},
      {"a changed view",
       sql("DROP VIEW container_stat; CREATE VIEW container_stat AS SELECT * FROM container_info")},
      {"another table", sql("CREATE TABLE t (x)")},
      {"an index by expression", sql("CREATE INDEX i ON object (length(name))")},
      {"a virtual table", sql("CREATE VIRTUAL TABLE object_fts USING fts5(name)")},
      {"a check",
       sql("DROP TABLE outgoing_sync; CREATE TABLE outgoing_sync (remote_id TEXT UNIQUE, "
           "sync_point INTEGER CHECK (sync_point > 5), updated_at TEXT)")},
      {"a generated column", sql("ALTER TABLE object ADD COLUMN g TEXT AS (name || 'x')")},
      {"no stat row", sql("DELETE FROM container_info")},
      {"two stat rows", sql("INSERT INTO container_info SELECT * FROM container_info")},
      {"another container", sql("UPDATE container_info SET container = 'd'")},
      {"no account", sql("UPDATE container_info SET account = NULL")},
      {"another id", sql("UPDATE container_info SET id = 'other'")},
      {"put in the future", sql("UPDATE container_info SET put_timestamp = '9999999999.00000'")},
      {"no timestamp", sql("UPDATE container_info SET delete_timestamp = 'x'")},
      {"row in the future",
       sql("INSERT INTO object (name, created_at, size, deleted, storage_policy_index) VALUES "
           "('f', '1800000000.00000', 0, 0, 0)")},
      {"no object table", sql("DROP TABLE object")},
      {"a column of another name",
       sql("ALTER TABLE outgoing_sync RENAME COLUMN sync_point TO sink_point")},
      {"a shard range that nobody can read",
       sql("CREATE TABLE IF NOT EXISTS shard_range (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name "
           "TEXT, timestamp TEXT, lower TEXT, upper TEXT, object_count INTEGER DEFAULT 0, "
           "bytes_used INTEGER DEFAULT 0, meta_timestamp TEXT, deleted INTEGER DEFAULT 0, state "
           "INTEGER, state_timestamp TEXT, epoch TEXT); INSERT INTO shard_range (name, timestamp, "
           "lower, upper, meta_timestamp, state, state_timestamp) VALUES ('a/b', 'x', '', '', '1', "
           "1, '1')")},
      {"a row whose name is no UTF-8",
       sql("INSERT INTO object (name, created_at, size, deleted, storage_policy_index) VALUES "
           "(CAST(x'ff41' AS TEXT), '1700000000.00000', 0, 0, 0)")},
      {"a row whose name is bytes",
       sql("INSERT INTO object (name, created_at, size, deleted, storage_policy_index) VALUES "
           "(x'41', '1700000000.00000', 0, 0, 0)")},
      {"a row whose time is none",
       sql("INSERT INTO object (name, created_at, size, deleted, storage_policy_index) VALUES "
           "('f', '!', 0, 0, 0)")},
      {"a row without a time",
       sql("INSERT INTO object (name, created_at, size, deleted, storage_policy_index) VALUES "
           "('f', NULL, 0, 0, 0)")},
      {"metadata that are no JSON", sql("UPDATE container_info SET metadata = '{x'")},
      {"metadata of the future",
       sql("UPDATE container_info SET metadata = '{\"a\": [\"b\", \"9999999999.00000\"]}'")},
      {"too many sync points",
       sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 50000) "
           "INSERT INTO incoming_sync (remote_id, sync_point) SELECT i, i FROM n")},
      {"a unique column", sql("CREATE TABLE t AS SELECT * FROM outgoing_sync; "
                              "DROP TABLE outgoing_sync; CREATE TABLE outgoing_sync (remote_id "
                              "TEXT UNIQUE ON CONFLICT IGNORE, sync_point INTEGER); DROP TABLE t")},
  };
  const std::string before = directory_.Sub(StrCat("sda/containers"));
  for (const Case& bad : kCases) {
    const std::string id = Land({"a", "b"});
    bad.spoil(TmpPath(id));
    log_.clear();
    EXPECT_EQ(Status(Complete(id)), 400) << bad.what;
    EXPECT_EQ(log_.size(), 1U) << bad.what;
    EXPECT_TRUE(std::filesystem::exists(TmpPath(id))) << bad.what;
    EXPECT_FALSE(std::filesystem::exists(before)) << bad.what;
    std::filesystem::remove(TmpPath(id));
    EXPECT_EQ(LeftInTmp(), 0U) << bad.what;
  }
}

// Each of these took memory before anybody looked at it.
TEST_F(FileOpsTest, FilesThatAreLargeForNothingAreRefusedBeforeTheyTakeMemory) {
  const auto answer_after = [this](const std::function<void(const std::string&)>& spoil) {
    const std::string id = Land({"a"});
    spoil(TmpPath(id));
    std::string body = Ask(Complete(id)).body;
    std::filesystem::remove(TmpPath(id));
    return body;
  };
  EXPECT_THAT(answer_after([](const std::string& path) {
                std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
              }),
              testing::HasSubstr("too many pages"));
  EXPECT_THAT(answer_after([](const std::string& path) {
                std::string tables;
                for (int i = 0; i < 3000; ++i)
                  tables += StrCat("CREATE VIEW v", i, " AS SELECT 1;");
                Execute(path, StrCat("BEGIN;", tables, "COMMIT"));
              }),
              testing::HasSubstr("interrupted"));
  EXPECT_THAT(answer_after([](const std::string& path) {
                Execute(path,
                        StrCat("CREATE VIEW v AS SELECT /*", std::string(20'000, 'x'), "*/ 1"));
              }),
              testing::HasSubstr("too big"));
}

TEST_F(FileOpsTest, NobodyWaitsForAPipeBesideADatabase) {
  Create();
  ASSERT_EQ(::mkfifo(StrCat(Path(), "-journal").c_str(), 0600), 0);
  EXPECT_EQ(Status("[\"get_shard_ranges\"]"), 500);
  std::filesystem::remove(StrCat(Path(), "-journal"));
  EXPECT_EQ(Status("[\"get_shard_ranges\"]"), 200);
}

TEST_F(FileOpsTest, WhatIsNoFileIsRefused) {
  const std::string id = Land({"a"});
  std::filesystem::rename(TmpPath(id), directory_.Sub("elsewhere.db"));
  std::filesystem::create_symlink(directory_.Sub("elsewhere.db"), TmpPath(id));
  EXPECT_EQ(Status(Complete(id)), 400);
  std::filesystem::create_hard_link(directory_.Sub("elsewhere.db"), TmpPath("linked"));
  EXPECT_EQ(Status(Complete("linked")), 400);
  ASSERT_EQ(::mkfifo(TmpPath("fifo").c_str(), 0600), 0);
  EXPECT_EQ(Status(Complete("fifo")), 400);
  std::filesystem::create_directory(TmpPath("folder"));
  EXPECT_EQ(Status(Complete("folder")), 400);
  std::filesystem::remove_all(directory_.Sub("sda/tmp"));
  std::filesystem::create_directory_symlink(directory_.path(), directory_.Sub("sda/tmp"));
  EXPECT_NE(Status(Complete("elsewhere.db")), 204);
  EXPECT_TRUE(std::filesystem::exists(directory_.Sub("elsewhere.db")));
}

TEST_F(FileOpsTest, AForeignJournalIsNotObeyed) {
  const std::string id = Land({"a"});
  std::ofstream(StrCat(TmpPath(id), "-journal")) << "whatever";
  EXPECT_EQ(Status(Complete(id)), 204);
  EXPECT_TRUE(std::filesystem::exists(StrCat(TmpPath(id), "-journal")));
}

TEST_F(FileOpsTest, MergeBringsBothTogether) {
  Create();
  EXPECT_EQ(Status(StrCat("[\"merge_items\", [", Row(1, "old", At(-9)), "], \"x\"]")), 202);
  const std::string id = Land({"new1", "new2"});
  const std::string old_id = Query(Path(), "SELECT id FROM container_info").front();
  const auto answer = Ask(Merge(id));
  EXPECT_EQ(answer.head.status, 204) << answer.body;
  EXPECT_EQ(Names(), (std::vector<std::string>{"new1", "new2", "old"}));
  EXPECT_NE(Query(Path(), "SELECT id FROM container_info").front(), old_id);
  EXPECT_EQ(LeftInTmp(), 0U);
  // Up to the sender's own last row, not to those merged behind it: Swift claims to have rows that
  // the sender has yet to write.
  EXPECT_EQ(Query(Path(), "SELECT remote_id, sync_point FROM incoming_sync ORDER BY sync_point"),
            (std::vector<std::string>{"x|1", StrCat(id, "|2")}));
}

TEST_F(FileOpsTest, MergeNeedsBothFiles) {
  EXPECT_EQ(Status(Merge("x")), 404);
  const std::string id = Land({"a"});
  EXPECT_EQ(Status(Merge(id)), 404);
  Create();
  EXPECT_EQ(Status(Merge("x")), 404);
  EXPECT_TRUE(std::filesystem::exists(TmpPath(id)));
}

TEST_F(FileOpsTest, MergeIsRefusedOnceShardingHasBegun) {
  Create();
  const std::string id = Land({"a"});
  const auto range = [](const char* name, const char* upper, int state) {
    return StrCat(R"({"name": ")", name, R"(", "timestamp": ")", At(-5),
                  R"(", "lower": "", "upper": ")", upper,
                  R"(", "object_count": 0, "bytes_used": 0, "meta_timestamp": ")", At(-5),
                  R"(", "deleted": 0, "state": )", state, R"(, "state_timestamp": ")", At(-5),
                  R"(", "epoch": ")", At(-5), R"("})");
  };
  ASSERT_EQ(Status(StrCat("[\"merge_shard_ranges\", [", range("a/c", "", 60), ", ",
                          range(".shards_a/c-1", "m", 20), "], \"x\"]")),
            202);
  EXPECT_EQ(Status(Merge(id)), 404);
  EXPECT_TRUE(Names().empty());
  EXPECT_TRUE(std::filesystem::exists(TmpPath(id)));
}

TEST_F(FileOpsTest, PendingRecordsSurviveAMerge) {
  Create();
  const std::string id = Land({"new"});
  {
    BrokerOptions options;
    ContainerBroker broker(Path(), options);
    ObjectItem item;
    item.row.name = "pending";
    item.row.created_at = At(-3);
    ASSERT_TRUE(broker.PutObject(item));
  }
  EXPECT_EQ(Status(Merge(id)), 204);
  EXPECT_TRUE(Broker(Path())->GetReplicationInfo());
  EXPECT_EQ(Names(), (std::vector<std::string>{"new", "pending"}));
}

TEST_F(FileOpsTest, AHeldLockMakesItWaitAndThenGiveUp) {
  Create();
  ReplicateOptions options = Options();
  options.pending_timeout = std::chrono::milliseconds(30);
  options.lock_timeout = std::chrono::milliseconds(30);
  const ReplicateService hasty(options);
  const auto merge = [&] {
    return hasty.Handle(Request(Target(), Merge(Land({"new"})))).head.status;
  };
  {
    const std::string directory = std::filesystem::path(Path()).parent_path();
    const auto lock = DirLock::Acquire(directory, options.lock_timeout);
    ASSERT_TRUE(lock);
    EXPECT_EQ(merge(), 503);
  }
  {
    const auto writer = Broker(Path());
    const auto transaction = writer->Lock();
    ASSERT_TRUE(transaction);
    EXPECT_EQ(merge(), 503);
  }
  EXPECT_TRUE(Names().empty());
  EXPECT_EQ(LeftInTmp(), 0U) << "what was changed here is of no more use";
  EXPECT_EQ(merge(), 204);
}

TEST_F(FileOpsTest, WhoStillHasTheOldFileOpenCannotWriteToIt) {
  Create();
  const auto slow = Broker(Path());
  ASSERT_TRUE(slow->GetMaxRow());  // opens it
  const auto started = std::chrono::steady_clock::now();
  const std::string id = Land({"new"});
  EXPECT_EQ(Status(Merge(id)), 204);
  EXPECT_FALSE(slow->MergeItemsJson(StrCat("[", Row(1, "lost", At(-1)), "]"), std::nullopt));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5)) << "at once";
  EXPECT_TRUE(
      Broker(Path())->MergeItemsJson(StrCat("[", Row(1, "kept", At(-1)), "]"), std::nullopt));
  EXPECT_EQ(Names(), (std::vector<std::string>{"kept", "new"}));
}

// Every row that a writer was told is there must be there, whatever was merged meanwhile.
TEST_F(FileOpsTest, NoAcknowledgedRowIsLost) {
  Create();
  std::atomic<bool> stop = false;
  std::vector<std::string> acknowledged;
  std::thread writer([&] {
    SeededRandom random(2);
    for (int number = 0; !stop; ++number) {
      BrokerOptions options;
      options.random = &random;
      ContainerBroker broker(Path(), options);
      const std::string name = StrCat("w", number);
      bool done = false;
      if (number % 3 == 0) {
        ObjectItem item;
        item.row.name = name;
        item.row.created_at = At(-3);
        done = broker.PutObject(item).has_value();
      } else {
        done =
            broker.MergeItemsJson(StrCat("[", Row(1, name, At(-3)), "]"), std::nullopt).has_value();
      }
      if (done) acknowledged.push_back(name);
    }
  });
  int merged = 0;
  for (int round = 0; round < 30; ++round) {
    const auto answer = Ask(Merge(Land({StrCat("m", round)})));
    EXPECT_EQ(answer.head.status, 204) << answer.body;
    merged += answer.head.status == 204 ? 1 : 0;
  }
  stop = true;
  writer.join();
  ASSERT_TRUE(Broker(Path())->GetReplicationInfo());
  const std::vector<std::string> names = Names();
  EXPECT_EQ(names.size(), acknowledged.size() + static_cast<std::size_t>(merged));
  for (const std::string& name : acknowledged)
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
  EXPECT_GT(acknowledged.size(), 30U);
  EXPECT_EQ(Query(Path(), "PRAGMA integrity_check").front(), "ok");
}

class AccountFileOpsTest : public AccountServiceTest {
 protected:
  std::string Stat(std::string_view columns) const {
    return Query(Path(), StrCat("SELECT ", columns, " FROM account_stat")).front();
  }
};

TEST_F(AccountFileOpsTest, ADeletedAccountStaysDeleted) {
  Create();
  ASSERT_TRUE(Broker(Path())->DeleteDb(At(-20)));
  const std::string id = Land({"c1"});
  EXPECT_EQ(Status(StrCat("[\"rsync_then_merge\", \"", id, "\"]")), 204);
  EXPECT_EQ(Stat("status, delete_timestamp"), StrCat("DELETED|", At(-20)));
  EXPECT_EQ(Stat("container_count"), "1");
  EXPECT_GE(Stat("status_changed_at"), At(-20));
}

TEST_F(AccountFileOpsTest, AnAccountThatLivesIsNotDeletedByAnOldFile) {
  Create();
  ASSERT_TRUE(Broker(Path())->UpdatePutTimestamp(At(-5)));
  const std::string id = Land({});
  ASSERT_TRUE(Broker(TmpPath(id))->DeleteDb(At(-20)));
  EXPECT_EQ(Status(StrCat("[\"rsync_then_merge\", \"", id, "\"]")), 204);
  EXPECT_EQ(Stat("status, put_timestamp, delete_timestamp"), StrCat("|", At(-5), "|", At(-20)));
}

TEST_F(AccountFileOpsTest, AContainersFileIsNoAccount) {
  const std::string path = directory_.Sub(StrCat("sender/x/", hash_, ".db"));
  NewDatabase container;
  container.path = path;
  container.account = "a";
  container.container = "c";
  ASSERT_TRUE(CreateDatabase(container, clock_, random_));
  std::filesystem::copy_file(path, TmpPath("id"));
  EXPECT_EQ(Status("[\"complete_rsync\", \"id\"]"), 400);
}

}  // namespace
}  // namespace dbrepl
