#include "broker/chexor.h"

#include <cstddef>

#include <sqlite3.h>

#include "broker/sqlite_error.h"
#include "common/digest.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::string_view ValueText(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void ChexorFunction(sqlite3_context* context, int /*count*/, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[1]) == SQLITE_NULL) {
    sqlite3_result_error(context, "chexor: a row without a name", -1);
    return;
  }
  auto hash = RowHash::Parse(ValueText(arguments[0]));
  if (!hash) {
    sqlite3_result_error(context, hash.error().message.c_str(), -1);
    return;
  }
  std::optional<std::string_view> text;
  if (sqlite3_value_type(arguments[2]) != SQLITE_NULL) text = ValueText(arguments[2]);
  hash->Toggle(ValueText(arguments[1]), text);
  const std::string hex = hash->Hex();
  sqlite3_result_text(context, hex.data(), static_cast<int>(hex.size()), SQLITE_TRANSIENT);
}

}  // namespace

Result<RowHash> RowHash::Parse(std::string_view hex) {
  RowHash hash;
  constexpr std::size_t kDigits = 32;
  if (hex.empty() || hex.size() > kDigits) {
    return Fail(Errc::kBadInput,
                StrCat("hash column: not a hash: \"", Printable(hex.substr(0, 64)), "\""));
  }
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const auto digit = HexDigit(hex[i]);
    if (!digit) {
      return Fail(Errc::kBadInput, StrCat("hash column: not a hash: \"", Printable(hex), "\""));
    }
    const std::size_t place = kDigits - hex.size() + i;
    const unsigned shift = place % 2 == 0 ? 4U : 0U;
    auto& byte = hash.bits_[place / 2];
    byte = static_cast<std::uint8_t>(byte | (*digit << shift));
  }
  return hash;
}

void RowHash::Toggle(std::string_view name, std::optional<std::string_view> text) {
  const Md5Digest digest = Md5(name, "-", text.value_or("None"));
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    bits_[i] = static_cast<std::uint8_t>(bits_[i] ^ digest[i]);
  }
}

std::string RowHash::Hex() const { return ToHex(bits_); }

Result<> RegisterChexor(sqlite3* db) {
  const int code = sqlite3_create_function_v2(db, "chexor", 3,
                                              SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                              nullptr, ChexorFunction, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Fail(SqliteError(db, code, "chexor"));
  return {};
}

}  // namespace dbrepl
