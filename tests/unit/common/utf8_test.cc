#include "common/utf8.h"

#include <string>
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

TEST(Utf8Test, LooksAtEveryByteOfLongText) {
  const std::string ascii(40, 'a');
  EXPECT_TRUE(IsValidUtf8(ascii));
  for (std::size_t i = 0; i <= ascii.size(); ++i) {
    EXPECT_TRUE(IsValidUtf8(ascii.substr(0, i) + "\xC3\xA4" + ascii.substr(i))) << i;
    EXPECT_FALSE(IsValidUtf8(ascii.substr(0, i) + "\xC3" + ascii.substr(i))) << i;
    EXPECT_FALSE(IsValidUtf8(ascii.substr(0, i) + "\xA4" + ascii.substr(i))) << i;
  }
}

TEST(Utf8Test, CodePointsComeBack) {
  for (const std::uint32_t code_point :
       {0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xD7FFU, 0xE000U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    std::string text;
    AppendUtf8(text, code_point);
    EXPECT_EQ(Utf8SequenceLength(text), text.size()) << code_point;
    EXPECT_EQ(Utf8CodePoint(text), code_point);
  }
}

TEST(Utf8Test, Latin1HoldsAllBytesAndNothingElse) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_TRUE(IsValidUtf8(Latin1ToUtf8(bytes)));
  EXPECT_EQ(Utf8ToLatin1(Latin1ToUtf8(bytes)), bytes);
  EXPECT_EQ(Utf8ToLatin1("\xC4\x80"), std::nullopt);
  EXPECT_EQ(Utf8ToLatin1("\xFF"), std::nullopt);
}

}  // namespace
}  // namespace dbrepl
