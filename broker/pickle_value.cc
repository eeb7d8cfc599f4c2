#include "broker/pickle_value.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

Result<SqlValue> FieldOf(const PickleValue& pickle) {
  const auto& value = pickle.value;
  if (std::holds_alternative<std::monostate>(value)) return SqlValue();
  if (const auto* flag = std::get_if<bool>(&value)) return SqlValue(std::int64_t{*flag ? 1 : 0});
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return SqlValue(*integer);
  if (const auto* real = std::get_if<double>(&value)) return SqlValue(*real);
  const auto* text = std::get_if<std::string>(&value);
  if (const auto* bytes = std::get_if<PickleValue::Bytes>(&value)) text = &bytes->bytes;
  if (text == nullptr) return Fail(Errc::kBadInput, "a field that is neither number nor text");
  if (!IsValidUtf8(*text)) {
    return Fail(Errc::kBadInput, StrCat("not UTF-8: \"", Printable(text->substr(0, 200)), "\""));
  }
  return SqlValue(*text);
}

}  // namespace

Result<std::vector<SqlValue>> TupleFields(const PickleValue& pickle, std::size_t at_least) {
  const auto* tuple = std::get_if<PickleValue::Tuple>(&pickle.value);
  if (tuple == nullptr || tuple->items.size() < at_least) {
    return Fail(Errc::kBadInput, StrCat("not a tuple of at least ", at_least, " fields"));
  }
  std::vector<SqlValue> fields;
  fields.reserve(tuple->items.size());
  for (const auto& item : tuple->items) {
    TRY_ASSIGN(SqlValue field, FieldOf(*item));
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace dbrepl
