#include "common/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> MakeValues() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNone;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr auto kValues = MakeValues();

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = (bits << 8U) | (j < group.size() ? static_cast<unsigned char>(group[j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text.push_back(j <= group.size() ? kAlphabet[(bits >> (18 - 6 * j)) & 0x3FU] : '=');
    }
  }
  return text;
}

Result<std::string> Base64Decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned in_group = 0;  // characters of the current group of four
  unsigned padding = 0;
  for (const char c : text) {
    if (c == '=') {
      if (in_group >= 2 && in_group + ++padding >= 4) return bytes;
      continue;
    }
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNone) continue;
    padding = 0;
    bits = (bits << 6U) | value;
    in_group = (in_group + 1) % 4;
    // Each character but the first of a group completes a byte.
    if (in_group == 1) continue;
    const unsigned spare = in_group == 0 ? 0 : 8 - 2 * in_group;
    bytes.push_back(static_cast<char>((bits >> spare) & 0xFFU));
  }
  if (in_group != 0) return Fail(Errc::kBadInput, "base64: cut short");
  return bytes;
}

Result<std::string> Base64DecodeStrict(std::string_view text) {
  if (text.size() % 4 != 0) {
    return Fail(Errc::kBadInput, StrCat("not base64: ", text.size(), " characters"));
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const bool is_padding = i + j >= text.size() - padding;
      const std::uint8_t value =
          is_padding ? std::uint8_t{0} : kValues[static_cast<unsigned char>(text[i + j])];
      if (value == kNone) return Fail(Errc::kBadInput, StrCat("not base64: character ", i + j));
      bits = (bits << 6U) | value;
    }
    for (const unsigned shift : {16U, 8U, 0U})
      bytes.push_back(static_cast<char>((bits >> shift) & 0xFFU));
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace dbrepl
