#include "daemons/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using testing::HasSubstr;

const ConfOptionTable& Table() {
  static const ConfOptionTable table{
      {.name = "port",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "6201",
       .sentence = "Where to listen.",
       .minimum = 1,
       .maximum = 65535,
       .is_mandatory = true},
      {.name = "timeout",
       .section = "DEFAULT",
       .kind = OptionKind::kNumber,
       .otherwise = "0.5",
       .sentence = "Seconds.",
       .minimum = 0.1},
      {.name = "check",
       .section = "app:x",
       .kind = OptionKind::kBoolean,
       .otherwise = "true",
       .sentence = "Whether."},
      {.name = "reserve",
       .section = "app:x",
       .kind = OptionKind::kBytesOrPercent,
       .otherwise = "1%",
       .sentence = "Free space."},
      {.name = "workers",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "auto",
       .sentence = "Threads.",
       .minimum = 0},
      {.name = "name", .section = "DEFAULT", .sentence = "A word."},
  };
  return table;
}

Result<OptionValues> Resolve(const std::vector<ConfSetting>& settings) {
  return OptionValues::Resolve(Table(), [&](const ConfOption& option) -> const ConfSetting* {
    for (const ConfSetting& setting : settings)
      if (setting.name == option.name) return &setting;
    return nullptr;
  });
}

TEST(OptionTableTest, DefaultsWhereNothingIsSet) {
  const auto values = Resolve({{"port", "1", {"f", 3}}});
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->Int("port"), 1);
  EXPECT_EQ(values->Number("timeout"), 0.5);
  EXPECT_TRUE(values->Bool("check"));
  EXPECT_TRUE(values->Bytes("reserve").is_percent);
  EXPECT_EQ(values->Text("name"), "");
  EXPECT_TRUE(values->IsAutomatic("workers"));
  EXPECT_EQ(values->Int("workers"), 0);
  EXPECT_EQ(values->Print(),
            "port = 1                                # f:3\n"
            "timeout = 0.5                           # default\n"
            "check = true                            # default\n"
            "reserve = 1%                            # default\n"
            "workers = auto                          # default\n"
            "name =                                  # default\n");
}

TEST(OptionTableTest, WhatIsSetCounts) {
  const auto values = Resolve({{"port", "65535", {"f", 1}},
                               {"timeout", "", {"f", 2}},
                               {"check", "no", {"f", 3}},
                               {"reserve", "1024", {"f", 4}},
                               {"workers", "0", {"f", 5}},
                               {"name", "x y", {"f", 6}}});
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->Number("timeout"), 0.5);
  EXPECT_FALSE(values->Bool("check"));
  EXPECT_EQ(values->Bytes("reserve").amount, 1024);
  EXPECT_FALSE(values->IsAutomatic("workers"));
  EXPECT_EQ(values->Text("name"), "x y");
}

TEST(OptionTableTest, RefusesWithTheOptionsPlace) {
  const struct {
    ConfSetting setting;
    const char* message = nullptr;
  } cases[] = {{{"port", "", {"f", 7}}, "port: not set"},
               {{"port", "0", {"f", 7}}, "f:7"},
               {{"port", "65536", {"f", 7}}, "port"},
               {{"port", "1.5", {"f", 7}}, "1.5"}};
  for (const auto& c : cases) {
    const auto values = Resolve({c.setting});
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().code, Errc::kBadInput);
    EXPECT_THAT(values.error().message, HasSubstr(c.message));
  }
  EXPECT_FALSE(Resolve({{"port", "1", {}}, {"timeout", "0.05", {"f", 1}}}));
  EXPECT_FALSE(Resolve({{"port", "1", {}}, {"reserve", "many", {"f", 1}}}));
}

TEST(OptionTableTest, DescribesAndShowsSamples) {
  EXPECT_THAT(DescribeConfOptions(Table()),
              HasSubstr("  timeout = 0.5\n      Seconds.\n  check = true\n      Whether.\n"));
  EXPECT_EQ(SampleOptions(Table(), "app:x"),
            "# Whether.\n# check = true\n#\n# Free space.\n# reserve = 1%\n");
  EXPECT_THAT(SampleOptions(Table(), "DEFAULT"), HasSubstr("# Where to listen.\nport = 6201\n"));
  ConfOptionTable wordy{
      {.name = "a", .section = "s", .sentence = std::string(90, 'x') + " yyyyyyyy z"}};
  EXPECT_EQ(SampleOptions(wordy, "s"), "# " + std::string(90, 'x') + "\n# yyyyyyyy z\n# a =\n");
}

}  // namespace
}  // namespace dbrepl
