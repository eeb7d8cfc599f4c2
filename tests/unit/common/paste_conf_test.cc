#include "common/paste_conf.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

class PasteConfTest : public testing::Test {
 protected:
  Result<PasteContext> Load(std::string_view text, std::string_view name) {
    std::ofstream(path_) << text;
    return LoadPasteApp(path_, name);
  }

  TempDir dir_;
  const std::string path_ = dir_.Sub("server.conf");
};

TEST_F(PasteConfTest, OptionsOfDefaultWinUnlessSet) {
  const auto app =
      Load("[DEFAULT]\na = 1\nb = 1\n[app:x]\nuse = egg:swift#container\na = 2\nset b = 2\nc = 3\n",
           "x");
  ASSERT_TRUE(app) << app.error().message;
  EXPECT_EQ(app->loader, "egg:swift#container");
  EXPECT_EQ(app->Find("a")->value, "1");
  EXPECT_EQ(app->Find("b")->value, "2");
  EXPECT_EQ(app->Find("b")->origin.line, 7);
  EXPECT_EQ(app->Find("c")->value, "3");
  EXPECT_EQ(app->Find("d"), nullptr);
  EXPECT_EQ(app->Find("__file__")->value, path_);
}

TEST_F(PasteConfTest, PipelinesKeepTheirOrder) {
  const auto main = Load(
      "[pipeline:main]\npipeline = f x\n[filter:f]\nuse = egg:swift#recon\n"
      "[app:x]\nuse = egg:swift#container\n",
      "main");
  ASSERT_TRUE(main) << main.error().message;
  EXPECT_EQ(main->kind, PasteContext::Kind::kPipeline);
  ASSERT_EQ(main->filters.size(), 1U);
  EXPECT_EQ(main->filters[0].name, "f");
  EXPECT_EQ(main->filters[0].loader, "egg:swift#recon");
  EXPECT_EQ(main->app->name, "x");
}

TEST_F(PasteConfTest, ErrorsNameThePlace) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"[app:x]\n", "no section [app:main] or pipeline of that name"},
      {"[app:main]\n", "[app:main] says nothing to use"},
      {"[app:main]\nuse = main\n", "use each other in a circle"},
      {"[app:main]\nuse = what:ever\n", "what:ever: unknown kind of address"},
      {"[pipeline:main]\npipeline =\n", ":2: the pipeline is empty"},
      {"[pipeline:main]\npipeline = x\na = 1\n", ":3: a is not allowed in a pipeline"},
      {"[app:main]\nuse = egg:a\nget b = c\n", ":3: get b: c is not set in [DEFAULT]"},
      {"[app:main]\nuse = egg:a\n[pipeline:main]\npipeline = x\n", "are named main"},
  };
  for (const auto& [text, message] : kCases) {
    const auto app = Load(text, "main");
    ASSERT_FALSE(app) << text;
    EXPECT_EQ(app.error().code, Errc::kBadInput);
    EXPECT_THAT(app.error().message, HasSubstr(message));
    EXPECT_THAT(app.error().message, HasSubstr(path_));
  }
  EXPECT_EQ(LoadPasteApp(path_ + ".none", "main").error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace dbrepl
