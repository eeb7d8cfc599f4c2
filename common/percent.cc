#include "common/percent.h"

#include <cstdint>

#include "common/strings.h"

namespace dbrepl {

std::string PercentDecode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2) {
      if (const auto byte = ParseInt<std::uint8_t>(text.substr(i + 1, 2), 16)) {
        bytes.push_back(static_cast<char>(*byte));
        i += 2;
        continue;
      }
    }
    bytes.push_back(text[i]);
  }
  return bytes;
}

std::string PercentEncode(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "_.-~/";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
    if (is_plain) {
      text.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      text.push_back('%');
      text.push_back(kHex[byte >> 4]);
      text.push_back(kHex[byte & 15]);
    }
  }
  return text;
}

}  // namespace dbrepl
