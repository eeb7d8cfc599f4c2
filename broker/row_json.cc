#include "broker/row_json.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "common/json.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

bool NeedsNoEscape(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

void AppendUnit(std::string& out, std::uint32_t unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(kDigits[(unit >> shift) & 0xFU]);
}

// The code point of a well-formed sequence of this length.
std::uint32_t Decode(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first;
  std::uint32_t point = first & (0xFFU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) {
    point = (point << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return point;
}

void AppendEscaped(std::string& out, std::uint32_t point) {
  switch (point) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (point < 0x10000) return AppendUnit(out, point);
  AppendUnit(out, 0xD800 + ((point - 0x10000) >> 10U));
  AppendUnit(out, 0xDC00 + ((point - 0x10000) & 0x3FFU));
}

void AppendInteger(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

}  // namespace

bool AppendJsonText(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && NeedsNoEscape(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    AppendEscaped(out, Decode(text.substr(0, length)));
    text.remove_prefix(length);
  }
  out.push_back('"');
  return true;
}

RowJsonWriter::RowJsonWriter(const Statement& rows) {
  for (int column = 0; column < rows.ColumnCount(); ++column) {
    names_.emplace_back(rows.ColumnName(column));
    std::string prefix = column == 0 ? "{" : ", ";
    if (!AppendJsonText(prefix, names_.back())) odd_name_ = names_.back();
    prefixes_.push_back(prefix + ": ");
  }
}

Result<> RowJsonWriter::Append(std::string& out, const Statement& row) const {
  if (odd_name_) {
    return Fail(Errc::kIo, StrCat("a column's name is not UTF-8: \"", Printable(*odd_name_), "\""));
  }
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    const int column = static_cast<int>(i);
    out += prefixes_[i];
    bool valid = true;
    switch (row.ColumnType(column)) {
      case Statement::Type::kNull: out += "null"; break;
      case Statement::Type::kInteger: AppendInteger(out, row.Int64(column)); break;
      case Statement::Type::kReal: out += DumpJson(row.Double(column)); break;
      case Statement::Type::kText: valid = AppendJsonText(out, row.Text(column)); break;
      case Statement::Type::kBlob: valid = false; break;
    }
    if (!valid) {
      return Fail(Errc::kIo, StrCat("column ", names_[i], ": not UTF-8 text: \"",
                                    Printable(row.Text(column).substr(0, 200)), "\""));
    }
  }
  out += prefixes_.empty() ? "{}" : "}";
  return {};
}

}  // namespace dbrepl
