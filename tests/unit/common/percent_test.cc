#include "common/percent.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(PercentTest, Decodes) {
  const struct {
    std::string_view text, bytes;
  } cases[] = {{"", ""},       {"/a%20b", "/a b"}, {"%C3%a9", "\xc3\xa9"}, {"%2f%2F", "//"},
               {"%", "%"},     {"%4", "%4"},       {"%zz%41", "%zzA"},     {"%%41", "%A"},
               {"a+b", "a+b"}, {"%-1", "%-1"},     {"%+1", "%+1"}};
  for (const auto& c : cases) EXPECT_EQ(PercentDecode(c.text), c.bytes) << c.text;
  EXPECT_EQ(PercentDecode("%00"), std::string(1, '\0'));
}

TEST(PercentTest, EncodesAsPythonDoes) {
  EXPECT_EQ(PercentEncode("/aZ09_.-~"), "/aZ09_.-~");
  EXPECT_EQ(PercentEncode(" %+?\"\n\xc3\xa9"), "%20%25%2B%3F%22%0A%C3%A9");
  EXPECT_EQ(PercentEncode(std::string_view("\0", 1)), "%00");
}

}  // namespace
}  // namespace dbrepl
