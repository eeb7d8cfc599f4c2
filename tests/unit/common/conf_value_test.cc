#include "common/conf_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/python_text.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;

ConfSetting Setting(std::string value) { return {"x", std::move(value), {"a.conf", 7}}; }

TEST(ConfValueTest, Booleans) {
  for (const char* value : {"true", "TRUE", "1", "yes", "On", "t", "Y"}) {
    EXPECT_TRUE(ConfTrue(value)) << value;
  }
  for (const char* value : {"", "false", "2", " true", "enabled", "auto"}) {
    EXPECT_FALSE(ConfTrue(value)) << value;
  }
}

TEST(ConfValueTest, IntegersAndTheirBounds) {
  EXPECT_EQ(*ConfInt(Setting(" 1_000 ")), 1000);
  EXPECT_EQ(*ConfInt(Setting("-5"), -5, 5), -5);
  const auto low = ConfInt(Setting("0"), 1, 1024);
  ASSERT_FALSE(low);
  EXPECT_EQ(low.error().message, "a.conf:7: x: must be an integer from 1 up to 1024 (got \"0\")");
  EXPECT_EQ(low.error().hint, "remove the line to use the default");
  EXPECT_FALSE(ConfInt(Setting("9223372036854775808")));
  EXPECT_FALSE(ConfInt(Setting("")));
}

TEST(ConfValueTest, Numbers) {
  EXPECT_EQ(*ConfFloat(Setting("1e2")), 100.0);
  EXPECT_EQ(*ConfFloat(Setting("0"), 0), 0.0);
  EXPECT_EQ(ConfFloat(Setting("-1"), 0).error().message,
            "a.conf:7: x: must be a number from 0 (got \"-1\")");
}

TEST(ConfValueTest, BytesOrPercentOfADevice) {
  EXPECT_EQ(ConfBytesOrPercent(Setting("1.5 %"))->amount, 1.5);
  EXPECT_TRUE(ConfBytesOrPercent(Setting("1%"))->is_percent);
  EXPECT_EQ(ConfBytesOrPercent(Setting("1024"))->amount, 1024.0);
  EXPECT_FALSE(ConfBytesOrPercent(Setting("1024"))->is_percent);
  for (const char* bad : {"", "%", "1.5", "1%%", "1% "}) {
    EXPECT_FALSE(ConfBytesOrPercent(Setting(bad))) << bad;
  }
}

TEST(ConfValueTest, Lists) {
  EXPECT_THAT(ConfList(" a, b ,,c d,"), ElementsAre("a", "b", "c d"));
  EXPECT_TRUE(ConfList(" , ").empty());
}

TEST(PythonTextTest, StripsAndSplitsAtUnicodeBlanks) {
  EXPECT_EQ(PythonStrip("\xC2\xA0 a b\xE3\x80\x80\x1F\x85"), "a b\xE3\x80\x80\x1F\x85");
  EXPECT_EQ(PythonStrip("\xC2\xA0 a b\xE3\x80\x80\x1F\xC2\x85"), "a b");
  EXPECT_EQ(PythonStrip("\xE2\x80\x8B"), "\xE2\x80\x8B");  // zero width is no blank
  EXPECT_THAT(PythonSplit(" a\xE2\x80\xA8\xC3\xA9\tc "), ElementsAre("a", "\xC3\xA9", "c"));
  EXPECT_TRUE(PythonSplit(" \n").empty());
}

}  // namespace
}  // namespace dbrepl
