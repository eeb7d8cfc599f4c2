// One value of a database column, a JSON row or a pending record, before anybody decided what it
// should have been. Plain data; one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace dbrepl {

// monostate is SQL's NULL, JSON's null and Python's None.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;

inline bool IsNull(const SqlValue& value) { return std::holds_alternative<std::monostate>(value); }

// Swift's "zero-like": null, 0, "" and "0". Other spellings of zero are not.
bool IsZeroLike(const SqlValue& value);

// What a column of INTEGER affinity stores for this value when that is an integer for certain:
// integers, and text that is a plain decimal number ("12", "-3"; no blanks, no sign +). Everything
// else is nullopt and better left to SQLite.
std::optional<std::int64_t> PlainInteger(const SqlValue& value);

// The text for a value as str() shows it: "None", digits, the text itself.
std::string ToText(const SqlValue& value);

}  // namespace dbrepl
