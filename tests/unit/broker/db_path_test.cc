#include "broker/db_path.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct NameCase {
  std::string path;
  std::string hash;
  std::optional<std::string> epoch;
  std::string extension;
};

class ParseDbFileNameTest : public testing::TestWithParam<NameCase> {};

TEST_P(ParseDbFileNameTest, SplitsAsSwift) {
  const DbFileName name = ParseDbFileName(GetParam().path);
  EXPECT_EQ(name.hash, GetParam().hash);
  EXPECT_EQ(name.epoch, GetParam().epoch);
  EXPECT_EQ(name.extension, GetParam().extension);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseDbFileNameTest,
    testing::Values(NameCase{"/a/b_c/abc.db", "abc", std::nullopt, ".db"},
                    NameCase{"abc_1700000000.00000.db", "abc", "1700000000.00000", ".db"},
                    NameCase{"abc_1_2_3.db", "abc", "1", ".db"},
                    NameCase{"abc.db.pending", "abc.db", std::nullopt, ".pending"},
                    NameCase{".lock", ".lock", std::nullopt, ""},
                    NameCase{"abc_.db", "abc", "", ".db"}, NameCase{"", "", std::nullopt, ""}));

TEST(DbPathTest, ListsTheEpochsInOrder) {
  TempDir directory;
  for (const char* name : {"abc_1700000001.00000.db", "abc.db", "abc_1600000000.00000.db", "abd.db",
                           "abc.db.pending", ".lock", "abc.db-journal"}) {
    std::ofstream(directory.Sub(name)).close();
  }
  EXPECT_THAT(ListDbFiles(directory.Sub("abc.db")).value(),
              ElementsAre(directory.Sub("abc.db"), directory.Sub("abc_1600000000.00000.db"),
                          directory.Sub("abc_1700000001.00000.db")));
  EXPECT_THAT(ListDbFiles(directory.Sub("abc_9.db")).value(), testing::SizeIs(3));
  EXPECT_THAT(ListDbFiles(directory.Sub("nowhere/abc.db")).value(), IsEmpty());
  EXPECT_FALSE(ListDbFiles(directory.Sub(".lock/abc.db")).has_value());
}

TEST(DbPathTest, ReplacesAndDropsTheEpoch) {
  EXPECT_EQ(MakeDbPath("/x/abc.db", "1700000000.1").value(), "/x/abc_1700000000.10000.db");
  EXPECT_EQ(MakeDbPath("/x/abc_1.db", std::nullopt).value(), "/x/abc.db");
  EXPECT_FALSE(MakeDbPath("/x/abc.db", "soon").has_value());
  EXPECT_EQ(PendingPath("/x/abc_1700000000.00000.db"), "/x/abc.db.pending");
}

TEST(DbPathTest, KnowsTheDevice) {
  EXPECT_EQ(DevicePath("/srv/node/sdb1/containers/7/abc/HHabc/HHabc.db"), "/srv/node/sdb1");
  EXPECT_EQ(DeviceName("/srv/node/sdb1/containers/7/abc/HHabc/HHabc.db"), "sdb1");
  EXPECT_EQ(DeviceName("/srv/node/sdb1/tmp/6c1c3e0a"), "sdb1");
  EXPECT_EQ(DeviceName("/abc.db"), "");
  EXPECT_EQ(StorageDirectory(DbKind::kAccount, 42, "0d25b61566837c3531c8a377fbabc763"),
            "accounts/42/763/0d25b61566837c3531c8a377fbabc763");
}

}  // namespace
}  // namespace dbrepl
