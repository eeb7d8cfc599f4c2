#include "replicator/shared/wire_names.h"

#include <string>

#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr char kHash[] = "cf0ab7263d7d2eff0a1ab2ae99d1ce68";

TEST(WireNames, LandingNames) {
  for (const std::string& good :
       {std::string("77488d5a-f809-4257-b29e-b83770ec3046-sd1"), std::string("x"),
        std::string("a..b"), std::string("with space"), std::string(200, 'a')}) {
    EXPECT_TRUE(LandingName::Parse(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string(".x.AbCdEf"),
        std::string("/etc/passwd"), std::string("../x"), std::string("a/b"), std::string("a\0b", 3),
        std::string("a\nb"), std::string("\xc3\xa9"), std::string(201, 'a')}) {
    EXPECT_FALSE(LandingName::Parse(bad)) << Printable(bad);
  }
}

TEST(WireNames, DatabaseBaseNames) {
  const DbHash hash = DbHash::Parse(kHash).value();
  EXPECT_EQ(PlainBaseName(hash).value(), StrCat(kHash, ".db"));
  for (const std::string& good : {StrCat(kHash, ".db"), StrCat(kHash, "_1700000000.00000.db")})
    EXPECT_TRUE(ParseDbBaseName(good, hash)) << good;
  for (const std::string& bad :
       {StrCat(kHash), StrCat(kHash, ".db.pending"), StrCat(kHash, "_.db"), StrCat(kHash, "_1.db"),
        StrCat(kHash, "_1700000000.00000_1.db"), StrCat(kHash, "_../x.db"),
        StrCat(kHash, "_1700000000.0000/.db"), StrCat("../", kHash, ".db"), StrCat(kHash, ".DB"),
        std::string("00000000000000000000000000000000.db"), std::string(".db"), std::string()}) {
    EXPECT_FALSE(ParseDbBaseName(bad, hash)) << bad;
  }
}

TEST(WireNames, Drives) {
  for (const char* good : {"sda1", "d", "A-b_c.~", "...", "..a"})
    EXPECT_TRUE(DriveName::Parse(good));
  for (const char* bad : {"", ".", "..", "a b", "a/b", "a+b", "a%b", "\xc3\xa9"})
    EXPECT_FALSE(DriveName::Parse(bad)) << bad;
  EXPECT_FALSE(DriveName::Parse(std::string(256, 'a')));
}

}  // namespace
}  // namespace dbrepl
