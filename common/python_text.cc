#include "common/python_text.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>

#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {
namespace {

bool IsSpace(std::uint32_t code_point) {
  return (code_point >= 0x09 && code_point <= 0x0D) || (code_point >= 0x1C && code_point <= 0x20) ||
         code_point == 0x85 || code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Blanks and the sign's '+' away; underscores away where Python allows them, which is between two
// digits. nullopt for an underscore elsewhere and for a doubled sign.
std::optional<std::string> PlainNumber(std::string_view text) {
  text = PythonStrip(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
      continue;
    }
    const bool between_digits =
        i > 0 && IsDigit(text[i - 1]) && i + 1 < text.size() && IsDigit(text[i + 1]);
    if (!between_digits) return std::nullopt;
  }
  return plain;
}

}  // namespace

std::size_t PythonSpaceLength(std::string_view text) {
  const std::size_t length = Utf8SequenceLength(text);
  return length != 0 && IsSpace(Utf8CodePoint(text.substr(0, length))) ? length : 0;
}

std::string_view PythonRightStrip(std::string_view text) {
  while (!text.empty()) {
    std::size_t start = text.size() - 1;  // of the last character
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80) --start;
    if (PythonSpaceLength(text.substr(start)) != text.size() - start) break;
    text = text.substr(0, start);
  }
  return text;
}

std::string_view PythonStrip(std::string_view text) {
  while (const std::size_t space = PythonSpaceLength(text)) text.remove_prefix(space);
  return PythonRightStrip(text);
}

std::vector<std::string_view> PythonSplit(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t word = 0;  // where the current word begins
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = PythonSpaceLength(text.substr(at));
    if (space == 0) {
      at += std::max<std::size_t>(Utf8SequenceLength(text.substr(at)), 1);
      continue;
    }
    if (at > word) words.push_back(text.substr(word, at - word));
    at += space;
    word = at;
  }
  if (at > word) words.push_back(text.substr(word, at - word));
  return words;
}

std::optional<std::int64_t> PythonInt(std::string_view text) {
  const auto plain = PlainNumber(text);
  return plain ? ParseInt<std::int64_t>(*plain) : std::nullopt;
}

std::optional<double> PythonFloat(std::string_view text) {
  const auto plain = PlainNumber(text);
  // from_chars takes "nan(...)", Python does not.
  if (!plain || plain->find('(') != std::string::npos) return std::nullopt;
  double value = 0;
  const char* end = plain->data() + plain->size();
  const auto [stop, error] = std::from_chars(plain->data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  // from_chars does not say in which direction it is out of range.
  if (error == std::errc::result_out_of_range) return std::strtod(plain->c_str(), nullptr);
  return value;
}

}  // namespace dbrepl
