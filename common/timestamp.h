// Swift's timestamps: tens of microseconds since 1970 plus an offset, and the three-in-one form of
// object rows. Source: swift-reference.md section 3.8. Values are immutable; everything is pure and
// thread-safe.
//
// Text forms: normal "1700000002.00000"; internal with "_" and 16 hex digits when the offset is not
// 0; short with "_" and minimal hex. Databases and peers hold text, and many of Swift's comparisons
// are of raw text: such code keeps strings and never comes here.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace dbrepl {

class Timestamp {
 public:
  static constexpr std::int64_t kUnitsPerSecond = 100'000;
  static constexpr std::int64_t kUnitsEnd =
      10'000'000'000 * kUnitsPerSecond;  // the first that is too large

  constexpr Timestamp() = default;  // zero: "0000000000.00000"

  // Any text that Swift's Timestamp() takes: a number as Python's float() reads it (blanks around
  // it, sign, "1.7e9"), optionally "_" and an offset in hex as int(text, 16) reads it. Not a
  // number, inf, nan, negative, 1e10 or more (also when only rounding makes it so), offset negative
  // or above 64 bits: kBadInput.
  static Result<Timestamp> Parse(std::string_view text);
  // From seconds, rounded to five decimals as C and Python print them, so that the texts equal
  // those of Swift 2.30. Out of range or no number: kBadInput.
  static Result<Timestamp> FromSeconds(double seconds, std::uint64_t offset = 0);
  // Units of 10 microseconds; CHECKs 0 <= units < kUnitsEnd.
  static Timestamp FromUnits(std::int64_t units, std::uint64_t offset = 0);

  std::int64_t units() const { return units_; }
  std::uint64_t offset() const { return offset_; }
  double seconds() const { return static_cast<double>(units_) / kUnitsPerSecond; }
  bool IsZero() const { return units_ == 0 && offset_ == 0; }

  std::string Normal() const;
  std::string Internal() const;
  std::string Short() const;

  // By time, then offset: the order of the internal forms as text, which is Swift's.
  auto operator<=>(const Timestamp&) const = default;

 private:
  constexpr Timestamp(std::int64_t units, std::uint64_t offset) : units_(units), offset_(offset) {}
  std::int64_t units_ = 0;
  std::uint64_t offset_ = 0;
};

// What object.created_at holds: times of the data, of the content type and of the metadata.
struct RowTimes {
  Timestamp data;
  Timestamp content_type;
  Timestamp metadata;

  bool operator==(const RowTimes&) const = default;
};

// "<data short>[<+-hex delta><+-hex delta>]": content type minus data, metadata minus content type,
// in units; both deltas, or none when all three are equal. Offsets of the second and third are not
// written.
std::string EncodeRowTimes(const RowTimes& times);

// The reverse. A missing part repeats the one before it, and so does a zero delta (with the
// offset); any other delta drops the offset. What follows the third part is ignored, as in Swift.
// Anything that is no timestamp or leads out of range: kBadInput.
Result<RowTimes> DecodeRowTimes(std::string_view encoded);

}  // namespace dbrepl
