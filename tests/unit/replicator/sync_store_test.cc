#include "replicator/sync_store.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "broker/create.h"
#include "common/files.h"
#include "common/strings.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;

class SyncStoreTest : public testing::Test {
 protected:
  SyncStoreTest() { Create(db_); }

  static void Create(const std::string& path) {
    NewDatabase database;
    database.path = path;
    database.account = "a";
    database.container = "c";
    database.put_timestamp = "1700000000.00000";
    CHECK(CreateDatabase(database, SystemClock(), SystemRandom()));
  }
  void Set(ContainerBroker& broker, const std::string& to, const std::string& key) {
    const std::string when = StrCat(1'700'000'001 + updates_++, ".00000");
    ASSERT_TRUE(broker.UpdateMetadata(
        {{"X-Container-Sync-To", to, when}, {"X-Container-Sync-Key", key, when}}));
  }
  static bool IsLink(const std::string& path) { return fs::is_symlink(fs::symlink_status(path)); }

  TempDir directory_;
  int updates_ = 0;
  const std::string hash_ = "0123456789abcdef0123456789abcdef";
  const std::string inside_ = StrCat("7/def/", hash_, "/");
  const std::string db_ = directory_.Sub(StrCat("sda/containers/", inside_, hash_, ".db"));
  const std::string link_ = directory_.Sub(StrCat("sda/sync_containers/", inside_, hash_, ".db"));
  ContainerBroker broker_{db_};
};

TEST(SyncStorePath, TheLastContainersIsReplaced) {
  EXPECT_EQ(*SyncStorePath("/srv/node/sda/containers/7/def/h/h.db"),
            "/srv/node/sda/sync_containers/7/def/h/h.db");
  EXPECT_EQ(*SyncStorePath("/containers/sda/containers/7/h.db"),
            "/containers/sda/sync_containers/7/h.db");
  EXPECT_EQ(*SyncStorePath("/srv//node/./sda/containers/7/h.db"),
            "/srv/node/sda/sync_containers/7/h.db");
  EXPECT_EQ(SyncStorePath("/srv/node/sda/accounts/7/h.db").error().code, Errc::kBadInput);
}

TEST_F(SyncStoreTest, FollowsTheMetadata) {
  ASSERT_TRUE(UpdateSyncStore(broker_));
  EXPECT_FALSE(fs::exists(directory_.Sub("sda/sync_containers"))) << "never set";
  const struct {
    const char* to;
    const char* key;
    bool linked;
  } steps[] = {
      {"//realm/cluster/a/c", "", false},
      {"//realm/cluster/a/c", "secret", true},
      {"", "secret", false},
      {"", "", false},
      {"//realm/cluster/a/c", "k", true},
      {"//realm/cluster/a/c", "", false},
  };
  for (const auto& step : steps) {
    Set(broker_, step.to, step.key);
    ASSERT_TRUE(UpdateSyncStore(broker_));
    EXPECT_EQ(IsLink(link_), step.linked) << step.to << " " << step.key;
    if (step.linked) {
      EXPECT_EQ(fs::read_symlink(link_), db_);
    }
    ASSERT_TRUE(UpdateSyncStore(broker_)) << "again";
    EXPECT_EQ(IsLink(link_), step.linked);
  }
  EXPECT_FALSE(fs::exists(directory_.Sub("sda/sync_containers"))) << "empty directories are left";
  EXPECT_TRUE(fs::exists(directory_.Sub("sda/containers")));
}

TEST_F(SyncStoreTest, ADeletedContainerHasNoLink) {
  Set(broker_, "//realm/cluster/a/c", "secret");
  ASSERT_TRUE(UpdateSyncStore(broker_));
  ASSERT_TRUE(IsLink(link_));
  ASSERT_TRUE(broker_.DeleteDb("1700000500.00000"));
  // A peer's metadata that is newer than the deletion does not bring the link back.
  updates_ = 1000;
  Set(broker_, "//realm/cluster/a/c", "secret");
  ASSERT_TRUE(UpdateSyncStore(broker_));
  EXPECT_FALSE(IsLink(link_));
}

TEST_F(SyncStoreTest, OtherLinksStayAndKeepTheirDirectories) {
  Set(broker_, "//realm/cluster/a/c", "secret");
  ASSERT_TRUE(UpdateSyncStore(broker_));
  const std::string other = directory_.Sub("sda/sync_containers/7/def/other");
  fs::create_directory(other);
  fs::create_symlink("/somewhere", other + "/other.db");
  ASSERT_TRUE(RemoveFromSyncStore(db_));
  EXPECT_FALSE(fs::exists(DirName(link_)));
  EXPECT_TRUE(IsLink(other + "/other.db"));
  ASSERT_TRUE(RemoveFromSyncStore(db_)) << "there is none any more";
  EXPECT_TRUE(IsLink(other + "/other.db"));
}

TEST_F(SyncStoreTest, ALinkToNothingIsPutRight) {
  Set(broker_, "//realm/cluster/a/c", "secret");
  fs::create_directories(DirName(link_));
  fs::create_symlink("/srv/old/sda/containers/7/def/x.db", link_);
  ASSERT_TRUE(UpdateSyncStore(broker_));
  EXPECT_EQ(fs::read_symlink(link_), db_);
}

TEST_F(SyncStoreTest, LinksOfOldEpochsGo) {
  Set(broker_, "//realm/cluster/a/c", "secret");
  ASSERT_TRUE(UpdateSyncStore(broker_));
  const std::string fresh = StrCat(DirName(db_), "/", hash_, "_1700000002.00000.db");
  const std::string fresh_link = StrCat(DirName(link_), "/", hash_, "_1700000002.00000.db");
  Create(fresh);
  fs::remove(db_);
  broker_.ReloadFiles();
  broker_.CloseConnection();
  Set(broker_, "//realm/cluster/a/c", "secret");
  ASSERT_TRUE(UpdateSyncStore(broker_));
  EXPECT_EQ(fs::read_symlink(fresh_link), fresh);
  EXPECT_FALSE(IsLink(link_)) << "points to nothing";
  fs::create_symlink(fresh, link_);
  ASSERT_TRUE(RemoveFromSyncStore(db_));
  EXPECT_FALSE(IsLink(link_));
  EXPECT_FALSE(IsLink(fresh_link));
}

TEST_F(SyncStoreTest, AFileInTheWayIsAnError) {
  Set(broker_, "//realm/cluster/a/c", "secret");
  std::ofstream(directory_.Sub("sda/sync_containers")) << "in the way";
  const auto updated = UpdateSyncStore(broker_);
  ASSERT_FALSE(updated);
  EXPECT_NE(updated.error().message.find("sync_containers"), std::string::npos);
}

}  // namespace
}  // namespace dbrepl
