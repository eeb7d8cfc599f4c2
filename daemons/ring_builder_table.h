// Lines and tables of ring-builder as swift-ring-builder prints them, so that scripts that scrape
// them go on working; and the same facts as JSON. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "ring/builder.h"
#include "ring/dispersion.h"

namespace dbrepl {

// Filled up with blanks on the left or right to at least `width` characters.
std::string PadLeft(std::string_view text, std::size_t width);
std::string PadRight(std::string_view text, std::size_t width);

// Seconds as Python prints a timedelta: "1:00:00", "2 days, 0:10:05".
std::string FormatDuration(std::int64_t seconds);

// A double as Python's repr prints it: "3.0".
std::string PythonFloat(double value);

// The table of all devices in the order of regions, zones, addresses and names.
std::string DeviceTable(const Builder& builder, const Balance& balance);
// The narrower table of a search.
std::string SearchTable(const Builder& builder, const Balance& balance,
                        const std::vector<DeviceId>& devices);

// One device with its partitions, balance and whether it is to be removed.
JsonValue DeviceAnswer(const Builder& builder, const Balance& balance, DeviceId id);
// {"changed": true, "devices": [...]}
JsonValue ChangeAnswer(const Builder& builder, const std::vector<DeviceId>& devices);

}  // namespace dbrepl
