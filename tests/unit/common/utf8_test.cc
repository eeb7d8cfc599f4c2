#include "common/utf8.h"

#include <string_view>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(Utf8Test, AcceptsWhatPythonsStrictDecoderAccepts) {
  for (const std::string_view good :
       {std::string_view(""), std::string_view("\0", 1), std::string_view("\x7f"),
        std::string_view("\xC2\x80"), std::string_view("\xE0\xA0\x80"),
        std::string_view("\xED\x9F\xBF"), std::string_view("\xEE\x80\x80"),
        std::string_view("\xF0\x90\x80\x80"), std::string_view("\xF4\x8F\xBF\xBF")}) {
    EXPECT_TRUE(IsValidUtf8(good)) << testing::PrintToString(good);
  }
}

TEST(Utf8Test, RefusesOverlongSurrogatesAndCutSequences) {
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3", "a\xFF"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << testing::PrintToString(bad);
  }
}

}  // namespace
}  // namespace dbrepl
