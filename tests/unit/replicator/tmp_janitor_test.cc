#include "replicator/tmp_janitor.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;

class TmpJanitorTest : public testing::Test {
 protected:
  void Make(const std::string& path, time_t modified) const {
    fs::create_directories(fs::path(dir_.Sub(path)).parent_path());
    std::ofstream(dir_.Sub(path)) << "x";
    SetTime(path, modified);
  }
  void SetTime(const std::string& path, time_t modified) const {
    const timespec times[2] = {{modified, 0}, {modified, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, dir_.Sub(path).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
  bool Exists(const std::string& path) const {
    return fs::symlink_status(dir_.Sub(path)).type() != fs::file_type::not_found;
  }

  TempDir dir_{TempDir::kInMemory};
};

TEST_F(TmpJanitorTest, RemovesOldArrivalsOnly) {
  Make("tmp/old", 999);
  Make("tmp/.old.Xy12Zw", 0);
  Make("tmp/new", 1000);
  Make("tmp/folder/old", 1);
  SetTime("tmp/folder", 1);
  fs::create_symlink(dir_.Sub("tmp/new"), dir_.Sub("tmp/link"));
  SetTime("tmp/link", 1);
  Make("containers/old", 1);
  EXPECT_EQ(RemoveOldArrivals(dir_.path(), 1000), 3);
  EXPECT_FALSE(Exists("tmp/old") || Exists("tmp/.old.Xy12Zw") || Exists("tmp/link"));
  EXPECT_TRUE(Exists("tmp/new") && Exists("tmp/folder/old") && Exists("containers/old"));
}

TEST_F(TmpJanitorTest, NoTmpIsFine) { EXPECT_EQ(RemoveOldArrivals(dir_.path(), 1000), 0); }

TEST_F(TmpJanitorTest, RemovesTheHashDirectoryOfADatabaseThatWasNeverFinished) {
  Make("s/h/tmpabc.tmp", 999);
  EXPECT_TRUE(RemoveOldRemains(dir_.Sub("s/h"), 1000));
  EXPECT_FALSE(Exists("s/h"));
  EXPECT_TRUE(Exists("s"));
}

TEST_F(TmpJanitorTest, RemovesWhatAHalfDoneRemovalLeft) {
  for (const char* name : {".lock", "h.db-journal", "h.db.pending"})
    Make(std::string("h/") + name, 999);
  EXPECT_TRUE(RemoveOldRemains(dir_.Sub("h"), 1000));
  EXPECT_FALSE(Exists("h"));
}

TEST_F(TmpJanitorTest, KeepsRemainsBesideAnythingElse) {
  const std::pair<const char*, time_t> others[] = {
      {"h.db", 1}, {"notes", 1}, {"young.tmp", 1000}, {"folder/x", 1}};
  for (const auto& [name, modified] : others) {
    const std::string hash = std::string("for.") + std::string(name).substr(0, 4);
    Make(hash + "/old.tmp", 1);
    Make(hash + "/" + name, modified);
    EXPECT_FALSE(RemoveOldRemains(dir_.Sub(hash), 1000)) << name;
    EXPECT_TRUE(Exists(hash + "/old.tmp") && Exists(hash + "/" + name)) << name;
  }
}

TEST_F(TmpJanitorTest, RemovesOldConstructionsOnly) {
  Make("h/tmpabc.tmp", 999);
  Make("h/freshabc.db.tmp", 999);
  Make("h/young.tmp", 1001);
  Make("h/h.db", 1);
  Make("h/h.db.pending", 1);
  Make("h/.lock", 1);
  EXPECT_THAT(RemoveOldConstructions(dir_.Sub("h"), 1000),
              testing::UnorderedElementsAre("young.tmp", "h.db", "h.db.pending", ".lock"));
  EXPECT_THAT(RemoveOldConstructions(dir_.Sub("nowhere"), 1000), testing::IsEmpty());
  EXPECT_FALSE(Exists("h/tmpabc.tmp") || Exists("h/freshabc.db.tmp"));
  EXPECT_TRUE(Exists("h/young.tmp") && Exists("h/h.db") && Exists("h/h.db.pending"));
}

}  // namespace
}  // namespace dbrepl
