#include "replicator/answer/request_body.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

using Arguments = std::vector<std::string_view>;

TEST(RequestBody, SplitsArguments) {
  const std::string text =
      " [\"merge_items\" , [{\"a\": \"],}\\\"\\\\\"}, {}],null, 1e5,{\"b\":[[]]} ] \n";
  const auto parsed = ParseRequestBody(text);
  const auto* body = std::get_if<RequestBody>(&parsed);
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->op, "merge_items");
  EXPECT_EQ(body->arguments,
            (Arguments{"[{\"a\": \"],}\\\"\\\\\"}, {}]", "null", "1e5", "{\"b\":[[]]}"}));
}

TEST(RequestBody, TakesAnOpAlone) {
  const auto parsed = ParseRequestBody("[\"get_\\u0073hard_ranges\"]");
  const auto* body = std::get_if<RequestBody>(&parsed);
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->op, "get_shard_ranges");
  EXPECT_TRUE(body->arguments.empty());
}

TEST(RequestBody, RefusesAllElseWith400) {
  std::string many = "[\"sync\"";
  for (int i = 0; i < 32; ++i) many += ",1";
  const std::string bodies[] = {"",
                                " ",
                                "{nope",
                                "nope",
                                "[",
                                "[\"sync\"",
                                "[\"sync\",",
                                "[\"sync\",]",
                                "[,]",
                                "[\"sync\"]]",
                                "[\"sync\"] x",
                                "[\"sync]",
                                "[\"sync\\\"]",
                                "[]",
                                "[ ]",
                                "{}",
                                "{\"op\": \"sync\"}",
                                "[1]",
                                "[null]",
                                "[[\"sync\"]]",
                                "[\"sync\" 1]",
                                "[\"sync\", [}]]]",
                                "[sync]",
                                "\"sync\"",
                                "1",
                                "true",
                                "null",
                                "1.5",
                                "\xff",
                                "[\"\xff\"]",
                                "[\"\\ud800\"]",
                                StrCat(many, "]"),
                                std::string(1'000'000, '['),
                                std::string(1'000'000, '{'),
                                std::string("[\"a\0\"", 5)};
  for (const std::string& text : bodies) {
    const auto parsed = ParseRequestBody(text);
    const auto* answer = std::get_if<HttpResponse>(&parsed);
    ASSERT_NE(answer, nullptr) << Printable(text.substr(0, 40));
    EXPECT_EQ(answer->head.status, 400) << Printable(text.substr(0, 40));
  }
  for (const char* scalar : {"\"sync\"", "1", "true", "null", "1.5"}) {
    const auto parsed = ParseRequestBody(scalar);
    EXPECT_EQ(std::get<HttpResponse>(parsed).body, "Invalid object type") << scalar;
  }
}

TEST(RequestBody, DeepNestingInAnArgumentIsSplitWithoutRecursion) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const auto parsed = ParseRequestBody(StrCat("[\"merge_items\", ", deep, ", null]"));
  EXPECT_EQ(std::get<RequestBody>(parsed).arguments[0].size(), deep.size());
}

}  // namespace
}  // namespace dbrepl
