// The texts in which operators name devices on a command line, as swift-ring-builder understands
// them (swift-reference.md section 2.10):
//
//   r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_rack 7       a device to add
//   d3r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_rack 7     a search; every part is optional
//   10.0.0.1:6201R10.1.0.1:6301/sda_rack 7            a change; every part is optional
//
// IPv6 addresses stand in brackets. Pure functions, thread-safe. Errors are kBadInput and quote the
// text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "ring/builder.h"

namespace dbrepl {

// The part of a device that its own node decides about, not the layout of the cluster.
struct DeviceInfo {
  std::optional<std::string> ip;
  std::optional<int> port;
  std::optional<std::string> replication_ip;
  std::optional<int> replication_port;
  std::optional<std::string> device;
  std::optional<std::string> meta;

  bool IsEmpty() const;
};

struct DeviceSearch {
  std::optional<DeviceId> id;
  std::optional<std::int64_t> region;
  std::optional<std::int64_t> zone;
  std::optional<double> weight;
  DeviceInfo info;  // meta: a part of the device's

  bool Matches(const Device& device) const;
};

struct AddValue {
  Device device;             // region 1 when none was given; no id, no weight
  bool region_given = true;  // the caller warns when it was not
};

Result<AddValue> ParseAddValue(std::string_view text);
Result<DeviceSearch> ParseSearchValue(std::string_view text);
// A change that changes nothing is refused too.
Result<DeviceInfo> ParseChangeValue(std::string_view text);

// Ids of the devices that match, in rising order.
std::vector<DeviceId> SearchDevices(const Builder& builder, const DeviceSearch& search);

// An IPv4 address, an IPv6 address (with or without brackets) in its shortest lower-case form, or a
// host name in lower case. Anything else: kBadInput.
Result<std::string> NormalizeAddress(std::string_view text);

// The same for addresses without brackets only.
Result<std::string> NormalizeIp(std::string_view text);

// A mount name: not empty, no '/', not "." or "..", no blank at either end.
Result<std::string> CheckDeviceName(std::string_view text);

// A port, a region or a zone from digits.
Result<int> ParsePort(std::string_view text);
Result<std::int64_t> ParseLocation(std::string_view text);
// A weight: a number, 0 or more.
Result<double> ParseWeight(std::string_view text);

// d3r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_"rack 7"
std::string FormatDevice(const Device& device);

}  // namespace dbrepl
