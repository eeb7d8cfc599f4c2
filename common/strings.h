// Small text helpers that C++20 on g++ 12 and clang 14 lacks (no std::format). All are pure and
// thread-safe.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dbrepl {

namespace strings_internal {

inline void Append(std::string& out, std::string_view piece) { out.append(piece); }
inline void Append(std::string& out, char piece) { out.push_back(piece); }
// Exactly bool: a plain overload would also take every pointer.
template <std::same_as<bool> T>
void Append(std::string& out, T piece) {
  out.append(piece ? "true" : "false");
}
template <std::integral T>
requires(!std::same_as<T, bool> && !std::same_as<T, char>) void Append(std::string& out, T piece) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), piece).ptr;
  out.append(digits, end);
}
template <std::floating_point T>
void Append(std::string& out, T piece) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof(digits), piece).ptr;
  out.append(digits, end);
}

}  // namespace strings_internal

// The pieces one after the other: text as it is, integers in decimal, floating point in its
// shortest exact form.
template <class... Pieces>
std::string StrCat(const Pieces&... pieces) {
  std::string out;
  (strings_internal::Append(out, pieces), ...);
  return out;
}

// A double with exactly `decimals` digits after the point ("12.50000").
std::string FixedDecimals(double value, int decimals);

// The whole of `text` as a decimal integer: no blanks, no '+', no rest. Empty, junk or overflow:
// nullopt.
template <std::integral T>
std::optional<T> ParseInt(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Pieces between separators; "a,,b" gives three, "" gives one empty piece.
std::vector<std::string_view> Split(std::string_view text, char separator);

// Without blanks (space, \t, \n, \v, \f, \r) at either end.
std::string_view StripBlanks(std::string_view text);

// ASCII letters only; every other byte stays.
std::string AsciiLower(std::string_view text);

// Two lower-case hex digits a byte.
std::string HexLower(std::string_view bytes);

// Text for a person's terminal or a log line: control characters and invalid UTF-8 as \xNN, the
// rest as it is.
std::string Printable(std::string_view text);

}  // namespace dbrepl
