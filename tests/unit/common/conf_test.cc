#include "common/conf.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "name=value@line" for each option of the section, or the error's message and hint.
std::vector<std::string> Items(std::string_view text, std::string_view section,
                               const ConfStyle& style = kDaemonStyle) {
  const auto conf = Conf::FromText(text, "a.conf", style);
  if (!conf) return {conf.error().message, conf.error().hint};
  const auto items = conf->Items(section);
  if (!items) return {items.error().message, items.error().hint};
  std::vector<std::string> shown;
  for (const auto& [name, value, origin] : *items) {
    shown.push_back(StrCat(name, "=", value, "@", origin.line));
  }
  return shown;
}

std::string Problem(std::string_view text, const ConfStyle& style = kDaemonStyle) {
  return Items(text, "s", style).at(0);
}

TEST(ConfTest, ReadsOptionsWithTheirLines) {
  EXPECT_THAT(
      Items("# c\n[DEFAULT]\na = 1\n; c\n[s]\nB: two = 2\n\n  more\n# c\n\n\tlast\n\nc =\n", "s"),
      ElementsAre("a=1@3", "b=two = 2\n\nmore\n\nlast@6", "c=@13"));
  EXPECT_THAT(Items("[s]\r\na=1\rb=2\r\n", "s"), ElementsAre("a=1@2", "b=2@3"));
  EXPECT_THAT(Items("[s]\nSet A = 1\n", "s", kServerStyle), ElementsAre("Set A=1@2"));
}

TEST(ConfTest, SectionsOverrideDefaultsInPlace) {
  EXPECT_THAT(Items("[s]\nb=2\na=3\n[DEFAULT]\na=1\nz=9\n[DEFAULT]\ny=8\n", "s"),
              ElementsAre("a=3@3", "z=9@6", "y=8@8", "b=2@2"));
  EXPECT_THAT(Items("[s]\nb=2\n[DEFAULT]\na=1\n", "DEFAULT"), ElementsAre("a=1@4"));
}

TEST(ConfTest, ErrorsNameFileLineAndNextStep) {
  EXPECT_THAT(
      Items("[s]\na=1\n[t]\n[s]\n", "s"),
      ElementsAre("a.conf:4: section [s] is there twice", "put all its options into one section"));
  EXPECT_THAT(Items("[s]\na=1\nA : 2\n", "s"),
              ElementsAre("a.conf:3: option a is there twice in section [s]",
                          "remove one of the two lines"));
  EXPECT_THAT(Problem("[s]\njunk\n"), "a.conf:2: neither a [section] nor an option = value");
  EXPECT_THAT(Problem("[s]\n= 1\n"), HasSubstr("a.conf:2: neither"));
  EXPECT_THAT(Problem("[s]\n[]\n"), HasSubstr("a.conf:2: neither"));
  EXPECT_THAT(Problem("\na=1\n"), "a.conf:2: text before the first [section]");
  EXPECT_THAT(Items("\xEF\xBB\xBF[s]\n", "s"),
              ElementsAre("a.conf:1: text before the first [section]",
                          "save the file without a byte order mark"));
  EXPECT_THAT(Problem("[s]\n\na=\xFF\n"), "a.conf:3: not UTF-8");
  EXPECT_THAT(Problem("[t]\n"), "a.conf: no section [s]");
}

TEST(ConfTest, ReplacesReferences) {
  EXPECT_THAT(Items("[DEFAULT]\nroot=/srv\n[s]\na=%(ROOT)s/%(b)s%%\nb=<%(root)s>\nc=1%\n", "s"),
              ElementsAre("root=/srv@2", "a=/srv/</srv>%@4", "b=</srv>@5", "c=1%@6"));
  EXPECT_THAT(Problem("[s]\na=%(b)s\n"),
              "a.conf:2: [s] a: %(b)s refers to an option that is not set");
  EXPECT_THAT(Problem("[s]\na=%(a)s\n"), HasSubstr("in a circle"));
  EXPECT_THAT(Problem("[s]\na=%(b)s\nb=%(a)s\n"), HasSubstr("in a circle"));
  EXPECT_THAT(Problem("[s]\nb=1\na=%(b)d\n"), HasSubstr("does not end with )s"));
  EXPECT_THAT(Problem("[s]\na=%()s\n"), HasSubstr("does not end with )s"));
  EXPECT_THAT(Problem("[s]\na=%(b\n"), HasSubstr("does not end with )s"));
  EXPECT_THAT(Problem("[s]\nb=1\na=%(b)s 5%\n"), "a.conf:3: [s] a: % stands alone");
  EXPECT_THAT(Problem("[s]\na=1%\n", kSwiftConfStyle), "a.conf:2: [s] a: % stands alone");
}

TEST(ConfTest, ReferencesThatGrowAreBounded) {
  std::string text = "[s]\na0=" + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 9; ++i) {
    text += StrCat("a", i, "=");
    for (int times = 0; times < 50; ++times) text += StrCat("%(a", i - 1, ")s");
    text += "\n";
  }
  EXPECT_THAT(Problem(text), HasSubstr("longer than 1 MB"));
}

TEST(ConfTest, EmptyReferencesCostNoEndlessTime) {
  std::string text = "[s]\na0=%%\n";
  for (int i = 1; i < 9; ++i) {
    text += StrCat("a", i, "=");
    for (int times = 0; times < 50; ++times) text += StrCat("%(a", i - 1, ")s");
    text += "\n";
  }
  text += "e0=\n";
  for (int i = 1; i < 9; ++i) {
    text += StrCat("e", i, "=");
    for (int times = 0; times < 50; ++times) text += StrCat("%(e", i - 1, ")s");
    text += "\n";
  }
  const auto conf = Conf::FromText(text, "a.conf", kDaemonStyle);
  ASSERT_TRUE(conf);
  EXPECT_FALSE(conf->Get("s", "a8"));
  EXPECT_FALSE(conf->Get("s", "e8"));
}

TEST(ConfTest, GetsOneOption) {
  const auto conf =
      Conf::FromText("[DEFAULT]\na=1\n[s]\nb=%(a)s\nbad=%(x)s\n", "a.conf", kDaemonStyle);
  ASSERT_TRUE(conf);
  EXPECT_EQ((*conf->Get("s", "B"))->value, "1");
  EXPECT_EQ((*conf->Get("s", "a"))->origin.Text(), "a.conf:2");
  EXPECT_EQ(*conf->Get("s", "c"), std::nullopt);
  EXPECT_EQ(*conf->Get("t", "a"), std::nullopt);
  EXPECT_EQ((*conf->Get("DEFAULT", "a"))->value, "1");
  EXPECT_FALSE(conf->Get("s", "bad"));
}

class ConfFilesTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view text) {
    std::ofstream(directory_ + "/" + name) << text;
    return directory_ + "/" + name;
  }

  TempDir dir_;
  const std::string directory_ = dir_.path();
};

TEST_F(ConfFilesTest, DirectoriesAreMergedInTheOrderOfNames) {
  Write("20.conf", "[s]\na=20\n");
  Write("10.conf", "[DEFAULT]\nd=1\n[s]\na=10\nb=10\n");
  Write(".30.conf", "[s]\na=30\n");
  Write("40.ini", "[s]\na=40\n");
  std::filesystem::create_directory(directory_ + "/50.conf");
  std::filesystem::create_symlink("nowhere", directory_ + "/60.conf");
  const auto items = LoadDaemonConf(directory_, "s");
  ASSERT_TRUE(items) << items.error().message;
  EXPECT_EQ(items->Find("a")->value, "20");
  EXPECT_EQ(items->Find("a")->origin.Text(), directory_ + "/20.conf:2");
  EXPECT_EQ(items->Find("b")->value, "10");
  EXPECT_EQ(items->Find("d")->value, "1");
  EXPECT_EQ(items->Find("log_name")->value, "s");
  EXPECT_EQ(items->Find("__file__")->value, directory_);
}

TEST_F(ConfFilesTest, MissingFilesAndSections) {
  EXPECT_EQ(LoadDaemonConf(directory_ + "/none.conf", "s").error().code, Errc::kNotFound);
  EXPECT_EQ(LoadDaemonConf(directory_, "s").error().code, Errc::kNotFound);
  const std::string path = Write("a.conf", "[DEFAULT]\nlog_name = x\n[t]\n");
  const auto missing = LoadDaemonConf(path, "s");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::kBadInput);
  EXPECT_EQ(missing.error().message, "Unable to find s config section in " + path);
  EXPECT_EQ(LoadDaemonConf(path, "t", "y")->Find("log_name")->value, "x");
}

TEST(ConfSettingsTest, SetsInPlaceAndRemoves) {
  ConfSettings settings;
  settings.Set({"a", "1", {}});
  settings.Set({"b", "2", {}});
  settings.Set({"c", "3", {}});
  settings.Set({"a", "4", {}});
  EXPECT_TRUE(settings.Remove("b"));
  EXPECT_FALSE(settings.Remove("b"));
  EXPECT_EQ(settings.size(), 2U);
  EXPECT_EQ(settings.begin()->value, "4");
  EXPECT_EQ(settings.Find("c")->value, "3");
  EXPECT_EQ(settings.Find("b"), nullptr);
}

}  // namespace
}  // namespace dbrepl
