#include "broker/create.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "common/dir_lock.h"
#include "common/files.h"
#include "tests/unit/broker/account_fixture.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class CreateTest : public AccountTest {
 protected:
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(DirName(Path()))) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  NewDatabase New(DbKind kind) const {
    NewDatabase database;
    database.kind = kind;
    database.path = Path();
    database.account = "AUTH_a";
    database.container = "c";
    return database;
  }
};

TEST_F(CreateTest, LeavesTheDatabaseAndTheLockOnly) {
  Create();
  EXPECT_THAT(Files(), UnorderedElementsAre(".lock", BaseName(Path())));
  struct stat info {};
  ASSERT_EQ(::stat(Path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(CreateTest, FillsTheStatRow) {
  SetClock(1'700'000'123.5);
  Create();
  EXPECT_THAT(Query("SELECT account, created_at, put_timestamp, delete_timestamp, container_count,"
                    " object_count, bytes_used, hash, status, status_changed_at, metadata"
                    " FROM account_stat"),
              ElementsAre("AUTH_a|1700000123.50000|" + At(0) + "|0|0|0|0|" + std::string(32, '0') +
                          "||" + At(0) + "|"));
  EXPECT_THAT(QueryOne("SELECT id FROM account_stat"),
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-.*-[0-9a-f]{12}-sdb1"));
}

TEST_F(CreateTest, MakesSwiftsObjectsInSwiftsOrder) {
  Create();
  EXPECT_THAT(
      Query("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"),
      ElementsAre("table|outgoing_sync", "table|incoming_sync", "trigger|outgoing_sync_insert",
                  "trigger|outgoing_sync_update", "trigger|incoming_sync_insert",
                  "trigger|incoming_sync_update", "table|container",
                  "index|ix_container_deleted_name", "trigger|container_insert",
                  "trigger|container_update", "trigger|container_delete",
                  "trigger|container_insert_ps", "trigger|container_delete_ps",
                  "table|account_stat", "table|policy_stat"));
}

TEST_F(CreateTest, ContainersHaveAllOfTheirsToo) {
  NewDatabase database = New(DbKind::kContainer);
  database.storage_policy_index = 3;
  ExpectOk(CreateDatabase(database, clock_, random_));
  EXPECT_THAT(Query("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
                    " AND name NOT LIKE '%coming_sync%' AND name NOT LIKE '%going_sync%'"),
              ElementsAre("table|object", "index|ix_object_deleted_name", "trigger|object_update",
                          "trigger|object_insert_policy_stat", "trigger|object_delete_policy_stat",
                          "table|policy_stat", "table|container_info", "view|container_stat",
                          "trigger|container_stat_update", "table|shard_range",
                          "trigger|shard_range_update"));
  EXPECT_THAT(Query("SELECT account, container, put_timestamp, status_changed_at,"
                    " storage_policy_index, object_count FROM container_stat"),
              ElementsAre("AUTH_a|c|0000000000.00000|0000000000.00000|3|0"));
  EXPECT_THAT(Query("SELECT * FROM policy_stat"), ElementsAre("3|0|0"));
}

TEST_F(CreateTest, TheLoserIsTold) {
  Create();
  const std::string id = QueryOne("SELECT id FROM account_stat");
  ExpectFails(CreateDatabase(New(DbKind::kAccount), clock_, random_), Errc::kExists,
              "already exists");
  EXPECT_EQ(QueryOne("SELECT id FROM account_stat"), id);
  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(CreateTest, ManyAtOnceMakeOne) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (CreateDatabase(New(DbKind::kAccount), clock_, random_)) ++made;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(CreateTest, ABusyDirectoryLeavesNothingBehind) {
  const auto lock = DirLock::Acquire(DirName(Path()), std::chrono::seconds(1)).value();
  ExpectFails(CreateDatabase(New(DbKind::kAccount), clock_, random_, std::chrono::milliseconds(20)),
              Errc::kBusy, ".lock");
  EXPECT_THAT(Files(), ElementsAre(".lock"));
}

TEST_F(CreateTest, NeedsNames) {
  NewDatabase database = New(DbKind::kContainer);
  database.container.clear();
  ExpectFails(CreateDatabase(database, clock_, random_), Errc::kBadInput, "a container name");
  database.account.clear();
  ExpectFails(CreateDatabase(database, clock_, random_), Errc::kBadInput, "an account name");
}

}  // namespace
}  // namespace dbrepl
