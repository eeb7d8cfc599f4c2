// What the text of an option means, exactly as Swift takes it (swift-reference.md section 6.1):
// 1_000 is an integer, "maybe" is false. Pure, thread-safe.
//
// Every error is kBadInput and names file, line, option, what is wanted and what is there.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/conf_file.h"
#include "common/result.h"

namespace dbrepl {

// True for true, 1, yes, on, t and y in any case; everything else, also empty text, is false.
bool ConfTrue(std::string_view value);

// Integers as Python's int(). The bounds are inclusive.
Result<std::int64_t> ConfInt(const ConfSetting& setting,
                             std::int64_t minimum = std::numeric_limits<std::int64_t>::min(),
                             std::int64_t maximum = std::numeric_limits<std::int64_t>::max());

// Numbers as Python's float(), also "inf" and "nan"; the bounds are inclusive, and NaN passes them
// as in Swift.
Result<double> ConfFloat(const ConfSetting& setting,
                         double minimum = -std::numeric_limits<double>::infinity(),
                         double maximum = std::numeric_limits<double>::infinity());

// Free space to keep on a device: an integer of bytes, or "N%" of its size.
struct BytesOrPercent {
  double amount = 0;
  bool is_percent = false;
};
Result<BytesOrPercent> ConfBytesOrPercent(const ConfSetting& setting);

// Pieces between commas, without blanks around them; empty ones are left out.
std::vector<std::string> ConfList(std::string_view value);

}  // namespace dbrepl
