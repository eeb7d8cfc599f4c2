#include "daemons/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<OptionSpec> kSpecs = {
    {"all", 'a', "", "show all handoffs"},
    {"partition", 'p', "PARTITION", "a partition instead of a name"},
    {"json", 0, "", "for machines"},
};

TEST(OptionsTest, OptionsAndWordsMayBeMixed) {
  const auto line = ParseCommandLine(kSpecs, {"ring", "-p", "12", "account", "--all", "--", "-x"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_THAT(line->words, ElementsAre("ring", "account", "-x"));
  EXPECT_TRUE(line->Has("all"));
  EXPECT_FALSE(line->Has("json"));
  EXPECT_EQ(line->Value("partition"), "12");
  EXPECT_EQ(line->Value("json", "none"), "none");
}

TEST(OptionsTest, AllSpellingsOfAValueAreEqual) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--partition=7"}, {"--partition", "7"}, {"-p", "7"}, {"-p7"}}) {
    const auto line = ParseCommandLine(kSpecs, arguments);
    ASSERT_TRUE(line) << arguments.front();
    EXPECT_EQ(line->Value("partition"), "7") << arguments.front();
  }
}

TEST(OptionsTest, MistakesNameTheOptionAndTheNextStep) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--foo"}, {"--partition"}, {"--all=yes"}, {"--par=1"}}) {
    const auto line = ParseCommandLine(kSpecs, arguments);
    ASSERT_FALSE(line) << arguments.front();
    EXPECT_EQ(line.error().code, Errc::kBadInput);
    EXPECT_THAT(line.error().message, HasSubstr(arguments.front().substr(0, 5)));
    EXPECT_EQ(line.error().hint, "try --help");
  }
}

TEST(OptionsTest, MistakesAreToldInTheWordsOfSwiftsPrograms) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--foo"}, "no such option: --foo"},
      {{"--foo=1"}, "no such option: --foo"},
      {{"-x"}, "no such option: -x"},
      {{"--partition"}, "--partition option requires 1 argument"},
      {{"--all=yes"}, "--all option does not take a value"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto line = ParseCommandLine(kSpecs, arguments);
    ASSERT_FALSE(line) << arguments.front();
    EXPECT_EQ(line.error().message, message);
  }
}

TEST(OptionsTest, AnEmptyValueIsAValue) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--partition="}, {"--partition", ""}, {"-p", ""}}) {
    const auto line = ParseCommandLine(kSpecs, arguments);
    ASSERT_TRUE(line) << line.error().message;
    EXPECT_TRUE(line->Has("partition"));
    EXPECT_EQ(line->Value("partition", "none"), "");
  }
}

TEST(OptionsTest, HelpIsAligned) {
  EXPECT_EQ(DescribeOptions(kSpecs),
            "  -a, --all                  show all handoffs\n"
            "  -p, --partition PARTITION  a partition instead of a name\n"
            "      --json                 for machines\n");
}

}  // namespace
}  // namespace dbrepl
