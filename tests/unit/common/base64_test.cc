#include "common/base64.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(Base64Test, EncodesWithPadding) {
  EXPECT_EQ(Base64Encode(""), "");
  EXPECT_EQ(Base64Encode("f"), "Zg==");
  EXPECT_EQ(Base64Encode("fo"), "Zm8=");
  EXPECT_EQ(Base64Encode("foo"), "Zm9v");
  EXPECT_EQ(Base64Encode(std::string_view("\x00\xff\xfe\x80", 4)), "AP/+gA==");
}

TEST(Base64Test, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)).value(), bytes);
    EXPECT_EQ(Base64DecodeStrict(Base64Encode(bytes)).value(), bytes);
    bytes.push_back(static_cast<char>(i));
  }
}

TEST(Base64Test, IsAsLenientAsPython) {
  EXPECT_EQ(Base64Decode("Zm\n9v").value(), "foo");
  EXPECT_EQ(Base64Decode("Zg==Zm9v").value(), "f");
  EXPECT_EQ(Base64Decode("=Z=g==").value(), "f");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zm9vZ"}) {
    EXPECT_FALSE(Base64Decode(bad).has_value()) << bad;
  }
}

TEST(Base64Test, StrictlyNothingElseIsTaken) {
  EXPECT_EQ(Base64DecodeStrict("").value(), "");
  EXPECT_EQ(Base64DecodeStrict("Zm9v").value(), "foo");
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {{"Zm9vZ", "not base64: 5 characters"}, {"Zm\n9", "not base64: character 2"},
               {"Zm 9", "not base64: character 2"},   {"Zg==Zm9v", "not base64: character 2"},
               {"Z===", "not base64: character 1"},   {"====", "not base64: character 0"}};
  for (const auto& it : cases) {
    const auto bytes = Base64DecodeStrict(it.text);
    ASSERT_FALSE(bytes.has_value()) << it.text;
    EXPECT_EQ(bytes.error().code, Errc::kBadInput);
    EXPECT_EQ(bytes.error().message, it.problem) << it.text;
  }
}

}  // namespace
}  // namespace dbrepl
