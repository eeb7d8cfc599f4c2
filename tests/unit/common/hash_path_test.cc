#include "common/hash_path.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

const HashPathConfig kConfig{"pre", "suf"};

// swift-reference.md section 9.
TEST(HashPathTest, SwiftsVectors) {
  EXPECT_EQ(ToHex(*HashPath(kConfig, "a", "c")), "0d25b61566837c3531c8a377fbabc763");
  EXPECT_EQ(ToHex(*HashPath(kConfig, "a")), "ab349048c4d787b8cac7454c3dc7c95b");
}

TEST(HashPathTest, IsTheMd5OfPrefixPathAndSuffix) {
  EXPECT_EQ(*HashPath(kConfig, "a", "c", "o/p"), Md5("pre/a/c/o/psuf"));
  EXPECT_EQ(*HashPath({}, "a", "c"), Md5("/a/c"));
  EXPECT_EQ(*HashPath({"\xFF", {"\0", 1}}, "\xC3\xA9", {"x\0y", 3}),
            Md5({"\xFF/\xC3\xA9/x\0y\0", 9}));
}

TEST(HashPathTest, ObjectNeedsAContainer) {
  EXPECT_EQ(HashPath(kConfig, "a", "", "o").error().code, Errc::kBadInput);
  EXPECT_EQ(*HashPath(kConfig, "a", "", ""), *HashPath(kConfig, "a"));
}

}  // namespace
}  // namespace dbrepl
