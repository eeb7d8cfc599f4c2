#include "common/timestamp.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kSecondDigits = 10;
constexpr std::size_t kFractionDigits = 5;
constexpr std::size_t kNormalSize = kSecondDigits + 1 + kFractionDigits;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t SkipDigits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

bool SkipOneOf(std::string_view& text, std::string_view choices) {
  if (text.empty() || choices.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// [sign] digits [. digits] [e [sign] digits]: Python's float without inf, nan and underscores.
bool LooksLikeFloat(std::string_view text) {
  SkipOneOf(text, "+-");
  std::size_t digits = SkipDigits(text);
  if (SkipOneOf(text, ".")) digits += SkipDigits(text);
  if (digits == 0) return false;
  if (SkipOneOf(text, "eE")) {
    SkipOneOf(text, "+-");
    if (SkipDigits(text) == 0) return false;
  }
  return text.empty();
}

std::optional<double> ParsePythonFloat(std::string_view text) {
  text = StripBlanks(text);
  if (!LooksLikeFloat(text)) return std::nullopt;
  // Not from_chars: it does not say whether what it cannot hold is too large or too small.
  return std::strtod(std::string(text).c_str(), nullptr);
}

// A hexadecimal digit's value, 16 for any other character.
unsigned HexValue(char c) {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 16;
}

// What Python's int(text, 16) accepts, if it is not below zero and fits 64 bits: blanks around it,
// a sign, "0x", single underscores between digits.
std::optional<std::uint64_t> ParsePythonHex(std::string_view text) {
  text = StripBlanks(text);
  const bool negative = text.starts_with('-');
  SkipOneOf(text, "+-");
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    SkipOneOf(text, "_");
  }
  std::uint64_t value = 0;
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    const unsigned digit = HexValue(c);
    if (digit == 16 || value > std::numeric_limits<std::uint64_t>::max() >> 4U) return std::nullopt;
    value = (value << 4U) | digit;
    after_digit = true;
  }
  if (!after_digit || (negative && value != 0)) return std::nullopt;
  return value;
}

tl::unexpected<Error> BadTimestamp(std::string_view text, std::string_view problem) {
  constexpr std::size_t kShown = 80;
  return Fail(Errc::kBadInput,
              StrCat("timestamp \"", Printable(text.substr(0, kShown)), "\": ", problem));
}

// The units of a text in the normal form, which nearly all texts have.
std::optional<std::int64_t> UnitsOfNormalForm(std::string_view text) {
  if (text.size() != kNormalSize || text[kSecondDigits] != '.') return std::nullopt;
  std::int64_t units = 0;
  for (std::size_t i = 0; i < kNormalSize; ++i) {
    if (i == kSecondDigits) continue;
    if (!IsDigit(text[i])) return std::nullopt;
    units = units * 10 + (text[i] - '0');
  }
  return units;
}

// The same of whole seconds without decimals: "0" is what a time that never was is stored as.
std::optional<std::int64_t> UnitsOfWholeSeconds(std::string_view text) {
  if (text.empty() || text.size() > kSecondDigits) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  const auto seconds = ParseInt<std::int64_t>(text);
  return seconds ? std::optional(*seconds * Timestamp::kUnitsPerSecond) : std::nullopt;
}

// Swift prints the float with five decimals and from then on compares texts, so the printed digits
// are the time. `shown` is for the error.
Result<std::int64_t> UnitsOfSeconds(double seconds, std::string_view shown) {
  if (std::isnan(seconds)) return BadTimestamp(shown, "not a number");
  if (seconds < 0) return BadTimestamp(shown, "negative");
  // Swift accepts the last five millionths below 1e10 and prints eleven digits, which no longer
  // sort as text.
  if (seconds >= 1e10) return BadTimestamp(shown, "too large");
  std::string digits = FixedDecimals(seconds, kFractionDigits);
  digits.erase(digits.size() - kFractionDigits - 1, 1);
  const auto units = ParseInt<std::int64_t>(digits);
  CHECK(units.has_value());
  if (*units >= Timestamp::kUnitsEnd) return BadTimestamp(shown, "too large");
  return *units;
}

// A time, and the integer that Swift 2.30 adds deltas to. They differ by at most one, and only when
// the text has more than five decimals: one is rounded in decimal, the other after a division.
struct ParsedTime {
  Timestamp time;
  std::int64_t raw = 0;
};

Result<ParsedTime> ParseTime(std::string_view text) {
  const auto underscore = text.find('_');
  std::uint64_t offset = 0;
  if (underscore != std::string_view::npos && underscore + 1 != text.size()) {
    const std::string_view hex = text.substr(underscore + 1);
    const auto value = hex.find('_') == std::string_view::npos ? ParsePythonHex(hex) : std::nullopt;
    if (!value) return BadTimestamp(text, "the offset is not a hexadecimal number below 2^64");
    offset = *value;
  }
  const std::string_view base = text.substr(0, underscore);
  auto exact = UnitsOfNormalForm(base);
  if (!exact) exact = UnitsOfWholeSeconds(base);
  if (exact) return ParsedTime{Timestamp::FromUnits(*exact, offset), *exact};
  const auto seconds = ParsePythonFloat(base);
  if (!seconds) return BadTimestamp(text, "not a number");
  TRY_ASSIGN(const std::int64_t units, UnitsOfSeconds(*seconds, text));
  constexpr double kPrecision = 1e-5;
  return ParsedTime{Timestamp::FromUnits(units, offset), std::llrint(*seconds / kPrecision)};
}

void AppendDelta(std::string& out, std::int64_t delta) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), std::abs(delta), 16).ptr;
  out.push_back(delta < 0 ? '-' : '+');
  out.append(digits, end);
}

// The time `delta` after `before`, given as "+<hex>" or "-<hex>". Zero is `before` itself with its
// offset; every other delta drops the offset.
Result<ParsedTime> Shift(const ParsedTime& before, std::string_view delta,
                         std::string_view encoded) {
  const auto size = ParsePythonHex(delta.substr(1));
  if (!size) return BadTimestamp(encoded, "a delta is not a hexadecimal number");
  if (*size == 0) return before;
  if (*size >= static_cast<std::uint64_t>(Timestamp::kUnitsEnd)) {
    return BadTimestamp(encoded, "a delta is too large");
  }
  const auto change = static_cast<std::int64_t>(*size);
  const std::int64_t raw = before.raw + (delta.front() == '-' ? -change : change);
  if (raw < 0 || raw >= Timestamp::kUnitsEnd) {
    return BadTimestamp(encoded, "a delta leads out of range");
  }
  return ParsedTime{Timestamp::FromUnits(raw), raw};
}

// Cuts off and returns the front of `rest` up to the next sign; a sign at its very front belongs to
// what is returned.
std::string_view TakePart(std::string_view& rest) {
  const auto end = std::min(rest.find_first_of("+-", 1), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end);
  return part;
}

}  // namespace

Result<Timestamp> Timestamp::Parse(std::string_view text) {
  TRY_ASSIGN(const ParsedTime parsed, ParseTime(text));
  return parsed.time;
}

Result<Timestamp> Timestamp::FromSeconds(double seconds, std::uint64_t offset) {
  TRY_ASSIGN(const std::int64_t units, UnitsOfSeconds(seconds, StrCat(seconds)));
  return Timestamp(units, offset);
}

Timestamp Timestamp::FromUnits(std::int64_t units, std::uint64_t offset) {
  CHECK(units >= 0 && units < kUnitsEnd);
  return {units, offset};
}

std::string Timestamp::Normal() const {
  std::string text(kNormalSize, '.');
  std::int64_t rest = units_;
  for (std::size_t i = kNormalSize; i-- > 0;) {
    if (i == kSecondDigits) continue;
    text[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  return text;
}

std::string Timestamp::Short() const {
  std::string text = Normal();
  if (offset_ == 0) return text;
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits), offset_, 16).ptr;
  return text.append("_").append(digits, end);
}

std::string Timestamp::Internal() const {
  constexpr std::size_t kOffsetDigits = 16;
  std::string text = Short();
  if (offset_ == 0) return text;
  const std::size_t written = text.size() - kNormalSize - 1;
  return text.insert(kNormalSize + 1, kOffsetDigits - written, '0');
}

std::string EncodeRowTimes(const RowTimes& times) {
  const std::int64_t content_type = times.content_type.units() - times.data.units();
  const std::int64_t metadata = times.metadata.units() - times.content_type.units();
  std::string text = times.data.Short();
  if (content_type == 0 && metadata == 0) return text;
  AppendDelta(text, content_type);
  AppendDelta(text, metadata);
  return text;
}

Result<RowTimes> DecodeRowTimes(std::string_view encoded) {
  std::string_view rest = encoded;
  const bool starts_with_sign = !rest.empty() && (rest.front() == '+' || rest.front() == '-');
  if (starts_with_sign) return BadTimestamp(encoded, "not a number");
  TRY_ASSIGN(const ParsedTime data, ParseTime(TakePart(rest)));
  ParsedTime content_type = data;
  if (!rest.empty()) {
    TRY_ASSIGN(content_type, Shift(data, TakePart(rest), encoded));
  }
  ParsedTime metadata = content_type;
  if (!rest.empty()) {
    TRY_ASSIGN(metadata, Shift(content_type, TakePart(rest), encoded));
  }
  return RowTimes{data.time, content_type.time, metadata.time};
}

}  // namespace dbrepl
