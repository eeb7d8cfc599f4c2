#include "replicator/shared/wire_names.h"

#include <algorithm>
#include <cstddef>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::size_t kHashDigits = 32;
constexpr std::string_view kEpochPattern = "dddddddddd.ddddd";
constexpr std::string_view kExtension = ".db";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsDriveCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '-' || c == '~';
}

bool IsEpoch(std::string_view text) {
  return std::equal(text.begin(), text.end(), kEpochPattern.begin(), kEpochPattern.end(),
                    [](char c, char wanted) { return wanted == 'd' ? IsDigit(c) : c == wanted; });
}

}  // namespace

bool DriveNameRule::Holds(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), IsDriveCharacter);
}

bool LandingNameRule::Holds(std::string_view text) {
  return !text.empty() && text.size() <= 200 && text.front() != '.' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '/'; });
}

bool DbHashRule::Holds(std::string_view text) {
  return text.size() == kHashDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool DbBaseNameRule::Holds(std::string_view text) {
  if (!text.ends_with(kExtension)) return false;
  text.remove_suffix(kExtension.size());
  if (!DbHashRule::Holds(text.substr(0, kHashDigits))) return false;
  text.remove_prefix(kHashDigits);
  return text.empty() || (text.front() == '_' && IsEpoch(text.substr(1)));
}

DbBaseName PlainBaseName(const DbHash& hash) {
  auto name = DbBaseName::Parse(StrCat(hash.value(), kExtension));
  CHECK(name.has_value());
  return *std::move(name);
}

std::optional<DbBaseName> ParseDbBaseName(std::string_view text, const DbHash& hash) {
  if (!text.starts_with(hash.value())) return std::nullopt;
  return DbBaseName::Parse(text);
}

}  // namespace dbrepl
