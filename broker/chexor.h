// The rolling hash of a database's rows: the XOR of MD5("name-text") over all rows, in any order
// (swift-reference.md section 3.5). For objects the text is created_at as stored; for containers
// it is put, delete, object count and bytes joined with '-'. Tombstones count.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

struct sqlite3;

namespace dbrepl {

// Plain data; one thread at a time.
class RowHash {
 public:
  RowHash() = default;  // of no rows: 32 zeros

  // 1 to 32 hex digits, as Python's int(text, 16) takes them; anything else is kBadInput.
  static Result<RowHash> Parse(std::string_view hex);

  // Puts a row in, or takes the same row out again. NULL text counts as "None", as Python prints
  // it.
  void Toggle(std::string_view name, std::optional<std::string_view> text);

  // 32 lower-case digits.
  std::string Hex() const;

  bool operator==(const RowHash&) const = default;

 private:
  std::array<std::uint8_t, 16> bits_{};
};

// Makes chexor(old, name, text) known to the connection: Swift's triggers call it. A NULL name or a
// malformed old hash fails the statement that fired the trigger.
Result<> RegisterChexor(sqlite3* db);

}  // namespace dbrepl
