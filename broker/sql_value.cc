#include "broker/sql_value.h"

#include "common/strings.h"

namespace dbrepl {

bool IsZeroLike(const SqlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() || *text == "0";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number == 0;
  if (const auto* number = std::get_if<double>(&value)) return *number == 0;
  return true;
}

std::optional<std::int64_t> PlainInteger(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return ParseInt<std::int64_t>(*text);
  return std::nullopt;
}

std::string ToText(const SqlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return StrCat(*number);
  if (const auto* number = std::get_if<double>(&value)) return StrCat(*number);
  return "None";
}

}  // namespace dbrepl
