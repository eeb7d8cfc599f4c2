#include "common/json.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

std::string Message(std::string_view text, const JsonLimits& limits = {}) {
  const auto parsed = ParseJson(text, limits);
  return parsed ? "parsed" : parsed.error().message;
}

// What is read is written again as Python's json.dumps(json.loads(text)) writes it.
TEST(JsonTest, ReadsAndWritesAsPythonDoes) {
  const struct {
    std::string_view text, written;
  } kCases[] = {
      {"null", "null"},
      {" [ true , false,null ] ", "[true, false, null]"},
      {R"({"a":1,"b":{"c":[]},"d":{}})", R"({"a": 1, "b": {"c": []}, "d": {}})"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "9.223372036854776e+18"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"1.0", "1.0"},
      {"0.1", "0.1"},
      {"1e15", "1000000000000000.0"},
      {"1E16", "1e+16"},
      {"123456789012345678.0", "1.2345678901234568e+17"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"9999999999999998.0", "9999999999999998.0"},
      {"5e-324", "5e-324"},
      {"1e-400", "0.0"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"2.2250738585072011e-308", "2.225073858507201e-308"},
      {R"("\u00e9\ud83d\ude00\u0000\u007f")", R"("\u00e9\ud83d\ude00\u0000\u007f")"},
      {"\"\xC3\xA9\xF0\x9F\x98\x80\"", R"("\u00e9\ud83d\ude00")"},
      {R"("\"\\\/\b\f\n\r\t\u001f")", R"("\"\\/\b\f\n\r\t\u001f")"},
      {R"({"x":1,"y":2,"x":3})", R"({"x": 3, "y": 2})"},
      {R"({"":0,"":1,"a":2,"":{"":3}})", R"({"": {"": 3}, "a": 2})"},
  };
  for (const auto& [text, written] : kCases) {
    const auto value = ParseJson(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(DumpJson(*value), written) << text;
  }
}

TEST(JsonTest, RefusesWhatIsNotJsonAndSaysWhere) {
  const struct {
    std::string_view text, message;
  } kCases[] = {
      {"", "JSON, byte 0: The document is empty"},
      {"[1,]", "byte 3"},
      {"{\"a\" 1}", "byte 5"},
      {"[1] x", "byte 4"},
      {std::string_view("1\0", 2), "byte 1: text after the document"},
      {"NaN", "byte 0"},
      {"[Infinity]", "byte 1"},
      {"[-Infinity]", "byte 2"},
      {"01", "byte 1"},
      {"1.", "byte 2"},
      {".5", "byte 0"},
      {"+1", "byte 0"},
      {"1e400", "too big"},
      {"9.9e308", "number is too large"},
      {R"("\ud800")", "surrogate"},
      {R"("\ud800\u0041")", "surrogate"},
      {R"("\udc00")", "not well-formed UTF-8"},
      {R"({"\udc00":1})", "member name is not well-formed UTF-8"},
      {"\"\xFF\"", "not well-formed UTF-8"},
      {"\"\xED\xA0\x80\"", "not well-formed UTF-8"},
      {"\"a\nb\"", "byte 2"},
      {"\"abc", "quotation mark"},
      {"'a'", "byte 0"},
      {"\xEF\xBB\xBF[]", "byte 0"},
      {"// c\n1", "byte 0"},
  };
  for (const auto& [text, message] : kCases) {
    EXPECT_THAT(Message(text), HasSubstr(message)) << text;
    if (const auto parsed = ParseJson(text); !parsed) {
      EXPECT_EQ(parsed.error().code, Errc::kBadInput);
    }
  }
}

TEST(JsonTest, HoldsItsLimits) {
  JsonLimits limits;
  limits.max_depth = 3;
  EXPECT_EQ(Message("[[[]]]", limits), "parsed");
  EXPECT_THAT(Message("[[[[]]]]", limits), HasSubstr("nested too deep"));
  EXPECT_THAT(Message("{\"a\":[{\"b\":[]}]}", limits), HasSubstr("nested too deep"));
  EXPECT_THAT(Message(std::string(1'000'000, '[')), HasSubstr("nested too deep"));

  limits.max_bytes = 5;
  EXPECT_EQ(Message("[1,2]", limits), "parsed");
  EXPECT_THAT(Message("[1,22]", limits), HasSubstr("longer than the 5 allowed"));

  limits = {};
  limits.max_values = 3;
  EXPECT_EQ(Message("[1,2]", limits), "parsed");
  EXPECT_THAT(Message("[1,2,3]", limits), HasSubstr("too many values"));
}

TEST(JsonTest, AllowsAHugeDepthWithoutUsingStack) {
  JsonLimits limits;
  limits.max_depth = 10'000;
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  EXPECT_EQ(Message(deep, limits), "parsed");
}

TEST(JsonTest, ManyEqualNamesCostNoQuadraticTime) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += StrCat("\"k", i % 50'000, "\":", i, ",");
  text.back() = '}';
  const auto value = ParseJson(text);
  ASSERT_TRUE(value);
  ASSERT_EQ(value->AsObject()->size(), 50'000U);
  EXPECT_EQ(value->AsObject()->front(), JsonValue::Member("k0", JsonValue(50'000)));
  EXPECT_EQ(value->AsObject()->back(), JsonValue::Member("k49999", JsonValue(99'999)));
}

TEST(JsonTest, SortsByCodePoints) {
  // U+FF5E before U+10000, although its UTF-16 unit is larger than a surrogate.
  JsonValue value;
  value.Set("\xF0\x90\x80\x80", 1);
  value.Set("\xEF\xBD\x9E", 2);
  value.Set("b", 3);
  value.Set("B", JsonValue::Object{{"z", 1}, {"a", 2}});
  EXPECT_EQ(DumpJson(value, JsonKeys::kSorted),
            R"({"B": {"a": 2, "z": 1}, "b": 3, "\uff5e": 2, "\ud800\udc00": 1})");
  EXPECT_EQ(DumpJson(value), R"({"\ud800\udc00": 1, "\uff5e": 2, "b": 3, "B": {"z": 1, "a": 2}})");
}

TEST(JsonTest, WritesWhatIsNotUtf8AsReplacementCharacters) {
  EXPECT_EQ(DumpJson(JsonValue("a\xFF\xC3")), R"("a\ufffd\ufffd")");
  EXPECT_EQ(DumpJsonIndented(JsonValue("a\xFF")), "\"a\xEF\xBF\xBD\"");
}

TEST(JsonTest, WritesNanAndInfinityAsPythonDoes) {
  EXPECT_EQ(DumpJson(JsonValue(std::numeric_limits<double>::quiet_NaN())), "NaN");
  EXPECT_EQ(DumpJson(JsonValue(-std::numeric_limits<double>::infinity())), "-Infinity");
}

TEST(JsonTest, IndentsForPeople) {
  const auto value = ParseJson("{\"b\":[1,{\"c\":\"\xC3\xA9\"}],\"a\":[],\"n\":{}}");
  ASSERT_TRUE(value);
  EXPECT_EQ(DumpJsonIndented(*value),
            "{\n  \"b\": [\n    1,\n    {\n      \"c\": \"\xC3\xA9\"\n    }\n  ],\n"
            "  \"a\": [],\n  \"n\": {}\n}");
}

TEST(JsonTest, FindsSetsAndConverts) {
  JsonValue value;
  value.Set("a", 1);
  value.Set("a", 2.5);
  value.Set("b", "x");
  ASSERT_NE(value.Find("a"), nullptr);
  EXPECT_EQ(value.Find("c"), nullptr);
  EXPECT_EQ(JsonValue(7).Find("a"), nullptr);
  *value.Find("b") = JsonValue::Array{1, nullptr};
  EXPECT_EQ(DumpJson(value), R"({"a": 2.5, "b": [1, null]})");

  double number = -1;
  EXPECT_TRUE(value.Find("a")->ToDouble(number));
  EXPECT_EQ(number, 2.5);
  EXPECT_TRUE(JsonValue(3).ToDouble(number));
  EXPECT_EQ(number, 3.0);
  EXPECT_FALSE(JsonValue("3").ToDouble(number));
  EXPECT_EQ(number, 3.0);
}

}  // namespace
}  // namespace dbrepl
