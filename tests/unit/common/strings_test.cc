#include "common/strings.h"

#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using testing::ElementsAre;

TEST(StringsTest, StrCatJoinsTextNumbersAndCharacters) {
  EXPECT_EQ(StrCat("d", 7, '/', std::uint64_t{18446744073709551615U}, " ", 0.5, " ", true),
            "d7/18446744073709551615 0.5 true");
  EXPECT_EQ(StrCat(), "");
}

TEST(StringsTest, ParseIntTakesTheWholeTextOrNothing) {
  EXPECT_EQ(ParseInt<int>("-12"), -12);
  EXPECT_EQ(ParseInt<std::uint64_t>("ff", 16), 255U);
  for (const char* bad : {"", " 1", "1 ", "+1", "1x", "99999999999999999999"}) {
    EXPECT_EQ(ParseInt<std::int64_t>(bad), std::nullopt) << bad;
  }
}

TEST(StringsTest, SplitKeepsEmptyPieces) {
  EXPECT_THAT(Split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(Split("", ','), ElementsAre(""));
}

TEST(StringsTest, StripLowerHexAndFixed) {
  EXPECT_EQ(StripBlanks(" \t a b\n"), "a b");
  EXPECT_EQ(StripBlanks(" \n"), "");
  EXPECT_EQ(AsciiLower("LOG_Level\xC3\x84"), "log_level\xC3\x84");
  EXPECT_EQ(HexLower(std::string_view("\x00\xfe", 2)), "00fe");
  EXPECT_EQ(FixedDecimals(12.5, 5), "12.50000");
}

TEST(StringsTest, PrintableEscapesWhatATerminalMustNotSee) {
  EXPECT_EQ(Printable("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(Printable(std::string_view("a\0b\x1b[0m\xff", 8)), "a\\x00b\\x1b[0m\\xff");
}

}  // namespace
}  // namespace dbrepl
