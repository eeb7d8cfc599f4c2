#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "common/json.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {
namespace {

enum class Text { kAsciiOnly, kUtf8 };

void AppendEscapedUnit(std::string& out, std::uint32_t utf16_unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(utf16_unit >> shift) & 0xFU];
}

void AppendEscapedCodePoint(std::string& out, std::uint32_t code_point) {
  if (code_point < 0x10000) return AppendEscapedUnit(out, code_point);
  AppendEscapedUnit(out, 0xD800 + ((code_point - 0x10000) >> 10U));
  AppendEscapedUnit(out, 0xDC00 + ((code_point - 0x10000) & 0x3FFU));
}

// The two-character escape of an ASCII character, empty when it has none.
std::string_view ShortEscape(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\f': return "\\f";
    case '\b': return "\\b";
    default: return {};
  }
}

// How many bytes at the beginning are written as they are, whatever the style.
std::size_t PlainLength(std::string_view text) {
  const auto* const end = std::find_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; });
  return static_cast<std::size_t>(end - text.begin());
}

void AppendString(std::string& out, std::string_view text, Text style) {
  out += '"';
  while (true) {
    const std::size_t plain = PlainLength(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = Utf8SequenceLength(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (const auto escape = ShortEscape(text.front()); !escape.empty()) {
      out += escape;
    } else if (length == 0) {
      if (style == Text::kUtf8) out += "\xEF\xBF\xBD";
      if (style == Text::kAsciiOnly) AppendEscapedUnit(out, 0xFFFD);
    } else if (first < 0x20 || (first > 0x7E && style == Text::kAsciiOnly)) {
      AppendEscapedCodePoint(out, Utf8CodePoint(text.substr(0, length)));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

// Python's repr(): the shortest digits that read back the same, plain from 1e-4 up to 1e16.
void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  if (plain && text.find('.') == std::string_view::npos) out += ".0";
}

// Positions of the members in the order in which they are written.
std::vector<std::size_t> MemberOrder(const JsonValue::Object& object, JsonKeys keys) {
  std::vector<std::size_t> order(object.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (keys == JsonKeys::kSorted) {
    // The byte order of UTF-8 is the order of code points, which is Python's order of str.
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
      return object[left].first < object[right].first;
    });
  }
  return order;
}

struct Style {
  Text text = Text::kAsciiOnly;
  JsonKeys keys = JsonKeys::kInOrder;
  bool indented = false;
};

class Dumper {
 public:
  explicit Dumper(Style style) : style_(style) {}

  void Append(const JsonValue& value) {
    if (value.IsNull()) out_ += "null";
    if (const auto* boolean = value.AsBool()) out_ += *boolean ? "true" : "false";
    if (const auto* integer = value.AsInt()) out_ += StrCat(*integer);
    if (const auto* real = value.AsDouble()) AppendDouble(out_, *real);
    if (const auto* text = value.AsString()) AppendString(out_, *text, style_.text);
    if (const auto* array = value.AsArray()) AppendArray(*array);
    if (const auto* object = value.AsObject()) AppendObject(*object);
  }

  std::string Take() && { return std::move(out_); }

 private:
  void AppendArray(const JsonValue::Array& array) {
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < array.size(); ++i) {
      Separate(i == 0);
      Append(array[i]);
    }
    Close(array.empty(), ']');
  }

  void AppendObject(const JsonValue::Object& object) {
    out_ += '{';
    ++level_;
    bool first = true;
    for (const std::size_t index : MemberOrder(object, style_.keys)) {
      Separate(first);
      first = false;
      AppendString(out_, object[index].first, style_.text);
      out_ += ": ";
      Append(object[index].second);
    }
    Close(object.empty(), '}');
  }

  void Separate(bool first) {
    if (!first) out_ += style_.indented ? "," : ", ";
    if (style_.indented) NewLine();
  }

  void Close(bool empty, char bracket) {
    --level_;
    if (style_.indented && !empty) NewLine();
    out_ += bracket;
  }

  void NewLine() {
    out_ += '\n';
    out_.append(2 * level_, ' ');
  }

  const Style style_;
  std::string out_;
  std::size_t level_ = 0;
};

std::string Dump(const JsonValue& value, Style style) {
  Dumper dumper(style);
  dumper.Append(value);
  return std::move(dumper).Take();
}

}  // namespace

std::string DumpJson(const JsonValue& value, JsonKeys keys) {
  return Dump(value, {Text::kAsciiOnly, keys, false});
}

std::string DumpJsonIndented(const JsonValue& value) {
  return Dump(value, {Text::kUtf8, JsonKeys::kInOrder, true});
}

}  // namespace dbrepl
