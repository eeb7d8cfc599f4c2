// Which devices a command is about: a search value or long options, and the question before several
// of them are changed. Errors are kBadInput.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemons/ring_builder_command.h"
#include "ring/device_text.h"

namespace dbrepl {

// Whether any long option describes devices.
bool HasDeviceOptions(const CommandLine& line);

// The search that --id, --region, --zone, --ip and so on describe.
Result<DeviceSearch> SearchFromOptions(const CommandLine& line);

// The change that --change-ip and so on describe.
Result<DeviceInfo> ChangeFromOptions(const CommandLine& line);

// The device that --region, --zone, --ip, --port, --device, --weight and so on describe.
Result<Device> DeviceFromOptions(const CommandLine& line);

// The devices that each word or the long options match, each once, in order.
Result<std::vector<DeviceId>> SelectDevices(RingBuilderRun& run);

// Devices and what is to be done to them.
struct Selection {
  std::vector<DeviceId> devices;
  std::string value;  // empty for long options without a value
};

// "SEARCH VALUE [SEARCH VALUE...]", or long options and one VALUE. A search that matches nothing
// gives a Selection without devices.
Result<std::vector<Selection>> SelectionsWithValue(RingBuilderRun& run);

// Whether the command may go on with these devices: none: says so on stdout, no. Several: with
// --yes, or when the person at the terminal says "y". Several, no --yes and no terminal: kBadInput.
Result<bool> Confirm(RingBuilderRun& run, const std::vector<DeviceId>& devices,
                     std::string_view what);

}  // namespace dbrepl
