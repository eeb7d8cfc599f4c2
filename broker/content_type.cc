#include "broker/content_type.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "common/strings.h"

namespace dbrepl {

namespace {

// Python's str.isspace() beyond ASCII, as UTF-8. These are blanks and, not being ASCII separators,
// characters of tokens at once.
constexpr std::string_view kWideBlanks[] = {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001",
                                            "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
                                            "\u2007", "\u2008", "\u2009", "\u200a", "\u2028",
                                            "\u2029", "\u202f", "\u205f", "\u3000"};

bool IsAsciiBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

// Bytes of the blank that `text` begins with; 0 when it does not begin with one.
std::size_t BlankLength(std::string_view text) {
  if (text.empty()) return 0;
  if (static_cast<unsigned char>(text.front()) < 0x80) return IsAsciiBlank(text.front()) ? 1 : 0;
  for (const std::string_view blank : kWideBlanks) {
    if (text.substr(0, blank.size()) == blank) return blank.size();
  }
  return 0;
}

bool IsTokenByte(char c) {
  constexpr std::string_view kSeparators = "()<>@,;:\"/[]?={}\x7f";
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && kSeparators.find(c) == std::string_view::npos;
}

std::string_view Strip(std::string_view text) {
  while (const std::size_t length = BlankLength(text)) text.remove_prefix(length);
  while (!text.empty()) {
    std::size_t start = text.size() - 1;  // of the last code point
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80) --start;
    if (BlankLength(text.substr(start)) == 0) break;
    text = text.substr(0, start);
  }
  return text;
}

// A position in the text and the pieces of the grammar that may begin there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Past the next ';'; false when there is none.
  bool SkipPastSemicolon() {
    const auto at = rest_.find(';');
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + 1);
    return true;
  }

  // Blanks, then the longest token. Where no token follows, a wide blank among the blanks is one
  // itself (the pattern backtracks), which is an empty text once stripped. nullopt: neither.
  std::optional<std::string_view> TakeToken() {
    const bool wide = SkipBlanks();
    std::size_t length = 0;
    while (length < rest_.size() && IsTokenByte(rest_[length])) ++length;
    if (length == 0) return wide ? std::optional<std::string_view>("") : std::nullopt;
    const std::string_view token = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return Strip(token);
  }

  // Blanks, '=' and a token or a quoted text with its quotes; empty when that is not what follows.
  std::string_view TakeValue() {
    SkipBlanks();
    if (rest_.empty() || rest_.front() != '=') return {};
    const Scanner before = *this;
    rest_.remove_prefix(1);
    SkipBlanks();
    if (const std::string_view quoted = TakeQuoted(); !quoted.empty()) return quoted;
    if (const auto token = TakeToken(); token) return *token;
    *this = before;
    return {};
  }

 private:
  // True when at least one of them was a wide one.
  bool SkipBlanks() {
    bool wide = false;
    while (const std::size_t length = BlankLength(rest_)) {
      wide = wide || length > 1;
      rest_.remove_prefix(length);
    }
    return wide;
  }

  // Any text between quotes; a backslash takes the character after it, except a line feed.
  std::string_view TakeQuoted() {
    if (rest_.empty() || rest_.front() != '"') return {};
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        const std::string_view quoted = rest_.substr(0, i + 1);
        rest_.remove_prefix(i + 1);
        return quoted;
      }
      if (rest_[i] == '\\' && (++i == rest_.size() || rest_[i] == '\n')) return {};
    }
    return {};
  }

  std::string_view rest_;
};

}  // namespace

std::string ContentType::Column() const {
  return swift_bytes.empty() ? type : StrCat(type, ";swift_bytes=", swift_bytes);
}

ContentType ParseContentType(std::string_view column) {
  const auto semicolon = column.find(';');
  if (semicolon == std::string_view::npos) return {std::string(column), {}};
  ContentType parsed{std::string(column.substr(0, semicolon)), {}};
  Scanner scanner(column.substr(semicolon));
  while (scanner.SkipPastSemicolon()) {
    const auto name = scanner.TakeToken();
    if (!name) continue;
    const std::string_view value = scanner.TakeValue();
    if (*name == "swift_bytes") {
      parsed.swift_bytes = value;
    } else {
      parsed.type.append(1, ';').append(*name).append(1, '=').append(value);
    }
  }
  return parsed;
}

}  // namespace dbrepl
