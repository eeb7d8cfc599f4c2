// Names that come over the network and become parts of paths, as types that cannot hold '/', "..",
// NUL or anything else that leads out of a directory. The only way to one is Parse. Plain values,
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace dbrepl {

// One component of a path that keeps Rule::Holds.
template <class Rule>
class WireName {
 public:
  // nullopt when the text breaks the rule.
  static std::optional<WireName> Parse(std::string_view text) {
    if (!Rule::Holds(text)) return std::nullopt;
    return WireName(std::string(text));
  }
  const std::string& value() const { return value_; }
  bool operator==(const WireName&) const = default;

 private:
  explicit WireName(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

// Letters, digits, '_', '.', '-' and '~', but not "." or "..": what Swift's check_drive lets pass.
struct DriveNameRule {
  static bool Holds(std::string_view text);
};
using DriveName = WireName<DriveNameRule>;

// A file that was put into <device>/tmp, called like the sender's database id: 1 to 200 bytes of
// printable ASCII without '/', and no '.' first (what rsync has not finished begins so).
struct LandingNameRule {
  static bool Holds(std::string_view text);
};
using LandingName = WireName<LandingNameRule>;

// The MD5 of a database's path: 32 lower-case hex digits.
struct DbHashRule {
  static bool Holds(std::string_view text);
};
using DbHash = WireName<DbHashRule>;

// "<hash>.db" or "<hash>_<epoch>.db", the epoch a time in normal form ("1700000000.00000").
struct DbBaseNameRule {
  static bool Holds(std::string_view text);
};
using DbBaseName = WireName<DbBaseNameRule>;

// "<hash>.db".
DbBaseName PlainBaseName(const DbHash& hash);
// A name of this hash's database; nullopt for any other.
std::optional<DbBaseName> ParseDbBaseName(std::string_view text, const DbHash& hash);

}  // namespace dbrepl
