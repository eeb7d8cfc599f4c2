#include "ring/builder_tables.h"

#include <array>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> Digits() {
  std::array<std::uint8_t, 256> digits{};
  for (std::uint8_t& digit : digits) digit = kNoDigit;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

std::string ToBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= count ? kAlphabet[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

Result<std::string> FromBase64(std::string_view text) {
  static constexpr std::array<std::uint8_t, 256> kDigits = Digits();
  if (text.size() % 4 != 0) {
    return Fail(Errc::kBadInput, StrCat("not base64: ", text.size(), " characters"));
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const bool padded = i + k >= text.size() - padding;
      const std::uint8_t digit =
          padded ? std::uint8_t{0} : kDigits[static_cast<unsigned char>(text[i + k])];
      if (digit == kNoDigit) return Fail(Errc::kBadInput, StrCat("not base64: character ", i + k));
      group = group << 6 | digit;
    }
    for (const int shift : {16, 8, 0}) bytes += static_cast<char>(group >> shift & 0xFFU);
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace

std::string EncodeTable(const std::vector<std::uint32_t>& numbers, std::size_t bytes_each) {
  std::string bytes;
  bytes.reserve(numbers.size() * bytes_each);
  for (const std::uint32_t number : numbers) {
    CHECK(bytes_each == 4 || number >> (8 * bytes_each) == 0);
    for (std::size_t i = 0; i < bytes_each; ++i) {
      bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
    }
  }
  return ToBase64(bytes);
}

Result<std::vector<std::uint32_t>> DecodeTable(std::string_view text, std::size_t bytes_each) {
  TRY_ASSIGN(const std::string bytes, FromBase64(text));
  if (bytes.size() % bytes_each != 0) {
    return Fail(Errc::kBadInput,
                StrCat("holds ", bytes.size(), " bytes, not numbers of ", bytes_each));
  }
  std::vector<std::uint32_t> numbers;
  numbers.reserve(bytes.size() / bytes_each);
  for (std::size_t i = 0; i < bytes.size(); i += bytes_each) {
    std::uint32_t number = 0;
    for (std::size_t k = 0; k < bytes_each; ++k) {
      number |= std::uint32_t{static_cast<unsigned char>(bytes[i + k])} << (8 * k);
    }
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace dbrepl
