#include "common/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

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

}  // namespace dbrepl
