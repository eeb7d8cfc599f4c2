#include "common/timestamp.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

Timestamp At(std::int64_t seconds, std::uint64_t offset = 0) {
  return Timestamp::FromUnits(seconds * Timestamp::kUnitsPerSecond, offset);
}

struct TextCase {
  std::string text;
  std::int64_t units;
  std::uint64_t offset;
};

TEST(TimestampTest, ParsesWhatPythonsFloatAndIntAccept) {
  const std::vector<TextCase> cases = {
      {"1700000002.00000", 170000000200000, 0},
      {"0000000000.00001", 1, 0},
      {"9999999999.99999", 999999999999999, 0},
      {"1700000002.00000_1", 170000000200000, 1},
      {"1700000002.00000_00000000000000ab", 170000000200000, 0xab},
      {"1700000002.00000_FFFFFFFFFFFFFFFF", 170000000200000, ~std::uint64_t{0}},
      {"1700000002.00000_", 170000000200000, 0},
      {"0", 0, 0},
      {"-0.0", 0, 0},
      {"5", 500000, 0},
      {"9999999999", 999999999900000, 0},
      {"0000000005", 500000, 0},
      {"00000000005", 500000, 0},
      {"5_a", 500000, 10},
      {"+5.", 500000, 0},
      {".5", 50000, 0},
      {"1e3", 100000000, 0},
      {"1.5E-2", 1500, 0},
      {"1e-400", 0, 0},
      {"  5 \n", 500000, 0},
      {"5_ 0x1F ", 500000, 31},
      {"5_+1", 500000, 1},
      {"5_-0", 500000, 0},
      {"1700000000.123456", 170000000012346, 0},
      // Ties are decided by what the binary number really is, then to even.
      {"0.015625", 1562, 0},
      {"0.046875", 4688, 0},
      {"1700000000.000025", 170000000000003, 0},
  };
  for (const auto& [text, units, offset] : cases) {
    const auto parsed = Timestamp::Parse(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->units(), units) << text;
    EXPECT_EQ(parsed->offset(), offset) << text;
  }
}

TEST(TimestampTest, RefusesWhatIsNoTimestamp) {
  for (const char* text : {"",
                           " ",
                           "x",
                           "nan",
                           "inf",
                           "-inf",
                           "infinity",
                           "0x10",
                           "1.2.3",
                           "1e",
                           "1e+",
                           ".",
                           "+",
                           "--1",
                           "1 2",
                           "-1",
                           "-0.000001",
                           "1e10",
                           "10000000000",
                           "9999999999.999999",
                           "1e400",
                           "5_g",
                           "5_-1",
                           "5_1_1",
                           "5_10000000000000000",
                           "_1",
                           "1700000002,00000",
                           "170000000 .00000",
                           "\0345"}) {
    const auto parsed = Timestamp::Parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::kBadInput) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr(Printable(text)));
  }
  EXPECT_FALSE(Timestamp::Parse(std::string_view("5\0", 2)));
  EXPECT_LT(Timestamp::Parse(std::string(100'000, 'x')).error().message.size(), 200U);
}

TEST(TimestampTest, WritesTheThreeForms) {
  EXPECT_EQ(Timestamp().Normal(), "0000000000.00000");
  EXPECT_EQ(Timestamp().Internal(), "0000000000.00000");
  EXPECT_EQ(Timestamp().Short(), "0000000000.00000");
  const Timestamp time = Timestamp::FromUnits(170000000200012, 0xab);
  EXPECT_EQ(time.Normal(), "1700000002.00012");
  EXPECT_EQ(time.Internal(), "1700000002.00012_00000000000000ab");
  EXPECT_EQ(time.Short(), "1700000002.00012_ab");
  EXPECT_EQ(At(1, ~std::uint64_t{0}).Internal(), "0000000001.00000_ffffffffffffffff");
}

TEST(TimestampTest, EveryFormReadsBack) {
  for (const std::int64_t units : {std::int64_t{0}, std::int64_t{1}, std::int64_t{170000000012345},
                                   Timestamp::kUnitsEnd - 1}) {
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
      const Timestamp time = Timestamp::FromUnits(units, offset);
      EXPECT_EQ(*Timestamp::Parse(time.Internal()), time);
      EXPECT_EQ(*Timestamp::Parse(time.Short()), time);
      EXPECT_EQ(*Timestamp::Parse(time.Normal()), Timestamp::FromUnits(units));
      EXPECT_EQ(*Timestamp::FromSeconds(time.seconds(), offset), time);
    }
  }
}

TEST(TimestampTest, FromSecondsHasBounds) {
  EXPECT_EQ(Timestamp::FromSeconds(1.5, 2)->Short(), "0000000001.50000_2");
  for (const double seconds :
       {-1.0, 1e10, 9999999999.999999, 1e300, std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(Timestamp::FromSeconds(seconds)) << seconds;
  }
}

TEST(TimestampTest, OrderIsThatOfTheInternalTexts) {
  std::vector<Timestamp> times = {At(2),    At(1, 5),    At(1),       At(10),
                                  At(1, 1), At(9, 0xff), At(9, 0x100)};
  std::sort(times.begin(), times.end());
  std::vector<std::string> texts;
  for (const auto& time : times) texts.push_back(time.Internal());
  EXPECT_TRUE(std::is_sorted(texts.begin(), texts.end()));
  EXPECT_TRUE(Timestamp().IsZero());
  EXPECT_FALSE(At(0, 1).IsZero());
}

// swift-reference.md section 3.8.
TEST(RowTimesTest, SwiftsExamples) {
  EXPECT_EQ(EncodeRowTimes({At(1700000002, 1), At(1700000003), At(1700000004)}),
            "1700000002.00000_1+186a0+186a0");
  EXPECT_EQ(EncodeRowTimes({At(1700000002), At(1700000002), At(1700000004)}),
            "1700000002.00000+0+30d40");
  EXPECT_EQ(EncodeRowTimes({At(1700000005), At(1700000002), At(1700000004)}),
            "1700000005.00000-493e0+30d40");
  EXPECT_EQ(EncodeRowTimes({At(5, 1), At(5, 2), At(5, 3)}), "0000000005.00000_1");
}

TEST(RowTimesTest, Decodes) {
  struct Case {
    const char* text;
    RowTimes times;
  };
  const std::vector<Case> cases = {
      {"0000000005.00000", {At(5), At(5), At(5)}},
      {"0000000005.00000_a", {At(5, 10), At(5, 10), At(5, 10)}},
      {"0000000005.00000_a+186a0", {At(5, 10), At(6), At(6)}},
      {"0000000005.00000_a+0+186a0", {At(5, 10), At(5, 10), At(6)}},
      {"0000000005.00000_a+186a0+0", {At(5, 10), At(6), At(6)}},
      {"0000000005.00000-186a0+30d40", {At(5), At(4), At(6)}},
      {"0000000005.00000-7a120-0", {At(5), At(0), At(0)}},
      {"5+186A0-0x186a0+junk", {At(5), At(6), At(5)}},
      {"5+18_6a0", {At(5), At(6), At(6)}},
      {"5_-186a0", {At(5), At(4), At(4)}},
      // Swift adds deltas to a differently rounded number when there are more than five decimals.
      {"1700000000.000025+0+1",
       {Timestamp::FromUnits(170000000000003), Timestamp::FromUnits(170000000000003),
        Timestamp::FromUnits(170000000000003)}},
  };
  for (const auto& [text, times] : cases) {
    const auto decoded = DecodeRowTimes(text);
    ASSERT_TRUE(decoded) << text << ": " << decoded.error().message;
    EXPECT_EQ(*decoded, times) << text << ": " << EncodeRowTimes(*decoded);
  }
}

TEST(RowTimesTest, RefusesJunk) {
  for (const char* text : {"",
                           "+",
                           "-",
                           "+5",
                           "-5",
                           "x",
                           "5+",
                           "5-",
                           "5+g",
                           "5++1",
                           "5+-1",
                           "5+1+",
                           "5-7a121",
                           "5+38d7ea4c68000",
                           "5+ffffffffffffffffffff",
                           "5+1__0",
                           "5+_1",
                           "5+1_",
                           "1e+3",
                           "9999999999.99999+1"}) {
    const auto decoded = DecodeRowTimes(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().code, Errc::kBadInput) << text;
  }
}

}  // namespace
}  // namespace dbrepl
