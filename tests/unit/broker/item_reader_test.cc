#include "broker/item_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

// Writes down what it is told.
class Recorder final : public ItemHandler {
 public:
  void Member(std::string_view name, SqlValue value) override {
    told += StrCat(name, "=", ToText(value), "(", value.index(), ") ");
  }
  Result<> EndItem() override {
    told += "| ";
    if (++items == refuse_at) return Fail(Errc::kBadInput, "refused");
    return {};
  }
  std::string told;
  int items = 0;
  int refuse_at = 0;
};

TEST(ItemReaderTest, HandsOverMembersInOrder) {
  Recorder recorder;
  ASSERT_TRUE(ReadItems(R"( [{"a": 1, "b": "x\u0000\u00e9", "c": null}, {"d": true, "e": -2.5,
      "f": 18446744073709551616, "g": -9223372036854775808}, {}] )",
                        recorder)
                  .has_value());
  EXPECT_EQ(recorder.told,
            std::string("a=1(1) b=x\0\xC3\xA9(3) c=None(0) | d=1(1) e=-2.5(2) ", 46) +
                "f=18446744073709551616(2) g=-9223372036854775808(1) | | ");
}

TEST(ItemReaderTest, NumbersOfMoreThan32BitsStayIntegers) {
  Recorder recorder;
  ASSERT_TRUE(ReadItems(R"([{"a": 4294967296, "b": 9223372036854775807}])", recorder).has_value());
  EXPECT_EQ(recorder.told, "a=4294967296(1) b=9223372036854775807(1) | ");
}

TEST(ItemReaderTest, RefusesEverythingElseWithItsPlace) {
  for (const char* bad :
       {"", "7", "{}", "null", "[1]", "[[]]", "[[{}]]", "[{}] x", "[{]", "[{\"a\": \"\xff\"}]",
        "[{\"\xff\": 1}]", "[{\"a\": 1}", "[{\"a\": \"\\ud800\"}]"}) {
    Recorder recorder;
    const auto read = ReadItems(bad, recorder);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().code, Errc::kBadInput);
    EXPECT_THAT(read.error().message, HasSubstr("items: byte ")) << bad;
  }
}

TEST(ItemReaderTest, NestedMembersAreSkippedButNotForEver) {
  Recorder recorder;
  ASSERT_TRUE(
      ReadItems(R"([{"a": {"b": [1, {"c": 2}], "d": {}}, "e": 1, "f": [], "g": 2}, {}])", recorder)
          .has_value());
  EXPECT_EQ(recorder.told, "e=1(1) g=2(1) | | ");
  const std::string deep = "[{\"a\": " + std::string(70, '[') + std::string(70, ']') + "}]";
  EXPECT_FALSE(ReadItems(deep, recorder).has_value());
}

TEST(ItemReaderTest, AHandlersErrorEndsTheReading) {
  Recorder recorder;
  recorder.refuse_at = 2;
  const auto read = ReadItems("[{}, {}, {}]", recorder);
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("refused"));
  EXPECT_EQ(recorder.items, 2);
}

TEST(ItemReaderTest, MembersThatNobodyWantsAreReadOver) {
  class OnlyNames final : public ItemHandler {
   public:
    bool Wants(std::string_view name) const override { return name == "name"; }
    void Member(std::string_view name, SqlValue value) override {
      told += StrCat(name, "=", ToText(value), " ");
    }
    Result<> EndItem() override { return {}; }
    std::string told;
  };
  OnlyNames names;
  ASSERT_TRUE(ReadItems(R"([{"size": 1, "name": "a", "etag": "\u00e9", "x": [1], "deleted": null},
                            {"name": "b", "etag": "e"}])",
                        names));
  EXPECT_EQ(names.told, "name=a name=b ");
  EXPECT_FALSE(ReadItems(R"([{"size": })", names)) << "malformed is malformed";
}

}  // namespace
}  // namespace dbrepl
