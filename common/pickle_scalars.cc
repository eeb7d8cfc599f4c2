#include "common/pickle_scalars.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

std::uint64_t LittleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::optional<std::int64_t> IntegerFromTwosComplement(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const bool negative = (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
  const char filler = negative ? '\xFF' : '\0';
  std::string eight(8, filler);
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 8), eight.begin());
  if (bytes.size() > 8 && bytes.find_first_not_of(filler, 8) != std::string_view::npos) {
    return std::nullopt;
  }
  const auto value = static_cast<std::int64_t>(LittleEndian(eight));
  if ((value < 0) != negative) return std::nullopt;
  return value;
}

std::optional<std::int64_t> IntegerFromLine(std::string_view line) {
  const std::string_view digits = line.starts_with('-') ? line.substr(1) : line;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return ParseInt<std::int64_t>(line);
}

std::optional<double> FloatFromLine(std::string_view line) {
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (end != line.data() + line.size() || line.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say in which direction: too small is zero, too large is none, as in
    // Python.
    value = std::strtod(std::string(line).c_str(), nullptr);
    if (std::isinf(value)) return std::nullopt;
    return value;
  }
  if (error != std::errc{}) return std::nullopt;
  return value;
}

bool IsUtf8WithSurrogates(std::string_view text) {
  while (!text.empty()) {
    std::size_t length = Utf8SequenceLength(text);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (length == 0 && text.size() >= 3 && byte(0) == 0xED && byte(1) >= 0xA0 && byte(1) <= 0xBF &&
        byte(2) >= 0x80 && byte(2) <= 0xBF) {
      length = 3;
    }
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

namespace {

// Exactly `digits` digits of `base` at the start of `text`.
std::optional<unsigned> LeadingDigits(std::string_view text, std::size_t digits, int base) {
  if (text.size() < digits) return std::nullopt;
  unsigned value = 0;
  const char* end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// One escape of a Python byte string. `text` begins after the backslash and is moved past the
// escape; false when the escape is cut short.
bool AppendReprEscape(std::string_view& text, std::string& out) {
  constexpr std::string_view kNames = "\\'\"abfnrtv";
  constexpr std::string_view kBytes = "\\'\"\a\b\f\n\r\t\v";
  if (text.empty()) return false;
  const char kind = text.front();
  if (const auto at = kNames.find(kind); at != std::string_view::npos) {
    out += kBytes[at];
    text.remove_prefix(1);
  } else if (kind == 'x') {
    const auto value = LeadingDigits(text.substr(1), 2, 16);
    if (!value) return false;
    out += static_cast<char>(*value);
    text.remove_prefix(3);
  } else if (kind >= '0' && kind <= '7') {
    const auto length = std::min<std::size_t>(
        {3, text.size(), std::min(text.find_first_not_of("01234567"), text.size())});
    out += static_cast<char>(*LeadingDigits(text, length, 8) & 0xFFU);
    text.remove_prefix(length);
  } else {
    out += '\\';  // not an escape: both characters stay
  }
  return true;
}

}  // namespace

std::optional<std::string> TextFromRawUnicodeEscape(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const auto first = static_cast<unsigned char>(line.front());
    line.remove_prefix(1);
    if (first != '\\' || line.empty()) {
      AppendUtf8(text, first);
      continue;
    }
    const auto kind = static_cast<unsigned char>(line.front());
    line.remove_prefix(1);
    if (kind != 'u' && kind != 'U') {
      text += '\\';
      AppendUtf8(text, kind);
      continue;
    }
    const std::size_t digits = kind == 'u' ? 4 : 8;
    const auto code_point = LeadingDigits(line, digits, 16);
    if (!code_point || *code_point > 0x10FFFF) return std::nullopt;
    AppendUtf8(text, *code_point);
    line.remove_prefix(digits);
  }
  return text;
}

std::optional<std::string> BytesFromRepr(std::string_view line) {
  if (line.size() < 2 || line.front() != line.back()) return std::nullopt;
  if (line.front() != '\'' && line.front() != '"') return std::nullopt;
  std::string_view text = line.substr(1, line.size() - 2);
  std::string bytes;
  while (!text.empty()) {
    const char first = text.front();
    text.remove_prefix(1);
    if (first != '\\') {
      bytes += first;
    } else if (!AppendReprEscape(text, bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace dbrepl
