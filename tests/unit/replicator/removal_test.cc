#include "replicator/removal.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "common/dir_lock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class RemovalTest : public testing::Test {
 protected:
  void Touch(const std::string& path) const {
    fs::create_directories(fs::path(dir_.Sub(path)).parent_path());
    std::ofstream(dir_.Sub(path)) << "x";
  }
  bool Exists(const std::string& path) const { return fs::exists(dir_.Sub(path)); }

  TempDir dir_{TempDir::kInMemory};
  const std::string path_ = dir_.Sub("containers/7/abc/h/h.db");
};

TEST_F(RemovalTest, TakesEverythingAndTheEmptyParents) {
  for (const std::string name : {"h.db", "h_1.db", "h.db.pending", "h.db-journal", ".lock", "s/f"})
    Touch("containers/7/abc/h/" + name);
  ASSERT_TRUE(RemoveDatabase(path_));
  EXPECT_TRUE(Exists("containers") && !Exists("containers/7"));
}

TEST_F(RemovalTest, LeavesParentsThatHoldSomethingElse) {
  Touch("containers/7/abc/h/h.db");
  Touch("containers/7/abd/g/g.db");
  ASSERT_TRUE(RemoveDatabase(path_));
  EXPECT_TRUE(Exists("containers/7/abd/g/g.db") && !Exists("containers/7/abc"));
  Touch("containers/7/abc/h/h.db");
  Touch("containers/7/abc/g/g.db");
  ASSERT_TRUE(RemoveDatabase(path_));
  EXPECT_TRUE(Exists("containers/7/abc/g/g.db") && !Exists("containers/7/abc/h"));
}

TEST_F(RemovalTest, GoneAlreadyIsFineAndNobodyIsAsked) {
  bool was_asked = false;
  const auto ask = [&]() -> Result<> {
    was_asked = true;
    return {};
  };
  EXPECT_TRUE(RemoveDatabase(path_, ask));
  fs::create_directories(dir_.Sub("containers/7/abc"));
  EXPECT_TRUE(RemoveDatabase(path_, ask));
  EXPECT_FALSE(Exists("containers/7"));
  EXPECT_FALSE(was_asked);
}

TEST_F(RemovalTest, TheLastLookIsUnderTheLockAndMaySayNo) {
  Touch("containers/7/abc/h/h.db");
  const auto removed = RemoveDatabase(path_, [&]() -> Result<> {
    const auto second = DirLock::AcquireExisting(dir_.Sub("containers/7/abc/h"), milliseconds(0));
    EXPECT_FALSE(second);
    return Fail(Errc::kExists, "rows have arrived");
  });
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().message, "rows have arrived");
  EXPECT_TRUE(Exists("containers/7/abc/h/h.db"));
}

TEST_F(RemovalTest, ALockThatIsNotHadLeavesAll) {
  Touch("containers/7/abc/h/h.db");
  const auto lock = DirLock::AcquireExisting(dir_.Sub("containers/7/abc/h"), milliseconds(0));
  ASSERT_TRUE(lock);
  const auto removed = RemoveDatabase(path_, {}, milliseconds(1));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Errc::kBusy);
  EXPECT_TRUE(Exists("containers/7/abc/h/h.db"));
}

}  // namespace
}  // namespace dbrepl
