// JSON values: read from files and peers, written byte for byte as Python's json.dumps writes them.
//
// For documents that fit in memory many times over (ring headers, metadata, recon, --json output);
// rows of databases are streamed elsewhere. Values are plain data: copyable, no shared state, one
// thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/result.h"

namespace dbrepl {

class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Member = std::pair<std::string, JsonValue>;
  using Object = std::vector<Member>;  // in document order

  // Implicit on purpose: a document is written as nested braces.
  // NOLINTBEGIN(google-explicit-constructor)
  JsonValue() = default;  // null
  JsonValue(std::nullptr_t) {}
  JsonValue(bool value) : value_(value) {}
  JsonValue(std::int64_t value) : value_(value) {}
  JsonValue(int value) : value_(std::int64_t{value}) {}
  JsonValue(double value) : value_(value) {}
  JsonValue(std::string value) : value_(std::move(value)) {}
  JsonValue(std::string_view value) : value_(std::string(value)) {}
  JsonValue(const char* value) : value_(std::string(value)) {}
  JsonValue(Array value) : value_(std::move(value)) {}
  JsonValue(Object value) : value_(std::move(value)) {}
  // NOLINTEND(google-explicit-constructor)

  bool IsNull() const { return std::holds_alternative<std::monostate>(value_); }

  // The value when it has exactly this type, nullptr otherwise. The pointer lives as long as this
  // value.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* AsInt() const { return std::get_if<std::int64_t>(&value_); }
  const double* AsDouble() const { return std::get_if<double>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }
  Array* AsArray() { return std::get_if<Array>(&value_); }
  Object* AsObject() { return std::get_if<Object>(&value_); }

  // Puts an integer or a double into `out` and returns true. Every other type: returns false and
  // leaves `out` alone.
  bool ToDouble(double& out) const;

  // The member of an object, nullptr when this is no object or has no such member.
  const JsonValue* Find(std::string_view name) const;
  JsonValue* Find(std::string_view name);

  // Adds or replaces a member; a null value becomes an empty object first. CHECKs that this is an
  // object.
  void Set(std::string name, JsonValue value);

  bool operator==(const JsonValue&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t max_depth = 64;                     // arrays and objects within each other
  std::size_t max_bytes = std::size_t{64} << 20;  // of text
  std::size_t max_values = 8'000'000;             // in all; each costs about 50 bytes of memory
};

// One JSON document. Of equal member names the last value wins and stands where the first one did,
// as in Python. Integers outside int64 become doubles. Strings must be well-formed (lone surrogate
// escapes are refused); \u0000 is kept. NaN, Infinity and numbers beyond a double are refused, by
// their exponent alone also where they would be 0 (0e999).
// Anything else that is not JSON, text after the document, a limit passed: kBadInput with the byte
// offset (for nesting, strings and numbers: about where they end).
Result<JsonValue> ParseJson(std::string_view text, const JsonLimits& limits = {});

enum class JsonKeys { kInOrder, kSorted };

// As Python's json.dumps(value[, sort_keys=True]): ", " and ": ", ASCII only with \u escapes,
// floats as repr(). Strings must be UTF-8; bytes that are not are written as U+FFFD.
std::string DumpJson(const JsonValue& value, JsonKeys keys = JsonKeys::kInOrder);

// For people: two spaces a level, one member a line, UTF-8 as it is.
std::string DumpJsonIndented(const JsonValue& value);

}  // namespace dbrepl
