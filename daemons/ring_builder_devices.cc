// add, remove, set_weight, set_region, set_zone, set_info: the devices of a builder.
#include <algorithm>

#include "common/strings.h"
#include "daemons/ring_builder_command.h"
#include "daemons/ring_builder_search.h"
#include "daemons/ring_builder_table.h"

namespace dbrepl {

namespace {

// While Swift's object tools double the partitions, nothing may move.
Result<> CheckNoPartPowerIncrease(const Builder& builder) {
  if (!builder.next_part_power) return {};
  return Fail(Errc::kBadInput, "an increase of the partition power is in progress",
              "finish it with swift-ring-builder first");
}

// The devices to add, from "DEVICE WEIGHT..." or from long options.
Result<std::vector<Device>> DevicesToAdd(const RingBuilderRun& run) {
  std::vector<Device> devices;
  if (HasDeviceOptions(run.line)) {
    TRY_ASSIGN(Device device, DeviceFromOptions(run.line));
    devices.push_back(std::move(device));
    return devices;
  }
  const std::vector<std::string>& words = run.line.words;
  if (words.empty() || words.size() % 2 != 0) {
    return Fail(Errc::kBadInput, "devices and weights must come in pairs",
                "for example: r1z1-10.0.0.1:6201/sda 100");
  }
  for (std::size_t i = 0; i < words.size(); i += 2) {
    TRY_ASSIGN(AddValue value, ParseAddValue(words[i]));
    if (!value.region_given) run.Note(StrCat("no region for ", words[i], ", taking region 1"));
    TRY_ASSIGN(value.device.weight, ParseWeight(words[i + 1]));
    devices.push_back(std::move(value.device));
  }
  return devices;
}

// Applies `change` to the devices of every pair on the command line and saves once, at the end.
template <class Change>
Result<Outcome> ChangeEach(RingBuilderRun& run, std::string_view question, Change change) {
  TRY_ASSIGN(const std::vector<Selection> selections, SelectionsWithValue(run));
  std::string text;
  std::vector<DeviceId> changed;
  for (const Selection& selection : selections) {
    TRY_ASSIGN(const bool go_on, Confirm(run, selection.devices, question));
    if (!go_on) return Outcome::kNothingDone;
    for (const DeviceId id : selection.devices) {
      TRY_ASSIGN(const std::string line, change(id, selection.value));
      text += StrCat(line, "\n");
      changed.push_back(id);
    }
  }
  TRY(run.Save());
  run.Answer(text, ChangeAnswer(run.builder(), changed));
  return Outcome::kDone;
}

Device WithChange(Device device, const DeviceInfo& change) {
  device.ip = change.ip.value_or(device.ip);
  device.port = change.port.value_or(device.port);
  device.replication_ip = change.replication_ip.value_or(device.replication_ip);
  device.replication_port = change.replication_port.value_or(device.replication_port);
  device.device = change.device.value_or(device.device);
  device.meta = change.meta.value_or(device.meta);
  return device;
}

Result<std::string> ApplyInfo(Builder& builder, DeviceId id, const DeviceInfo& change) {
  const Device before = *builder.devices[id];
  TRY(SetInfo(builder, WithChange(before, change)));
  return StrCat("Device ", FormatDevice(before), " is now ", FormatDevice(*builder.devices[id]));
}

// set_info with long options: --ip and so on search, --change-ip and so on change.
Result<Outcome> SetInfoByOptions(RingBuilderRun& run) {
  TRY_ASSIGN(const DeviceInfo change, ChangeFromOptions(run.line));
  TRY_ASSIGN(const std::vector<DeviceId> devices, SelectDevices(run));
  TRY_ASSIGN(const bool go_on, Confirm(run, devices, "update the info for"));
  if (!go_on) return Outcome::kNothingDone;
  std::string text;
  for (const DeviceId id : devices) {
    TRY_ASSIGN(const std::string line, ApplyInfo(run.builder(), id, change));
    text += StrCat(line, "\n");
  }
  TRY(run.Save());
  run.Answer(text, ChangeAnswer(run.builder(), devices));
  return Outcome::kDone;
}

}  // namespace

Result<Outcome> AddCommand(RingBuilderRun& run) {
  TRY(CheckNoPartPowerIncrease(run.builder()));
  TRY_ASSIGN(std::vector<Device> devices, DevicesToAdd(run));
  std::string text;
  std::vector<DeviceId> added;
  for (Device& device : devices) {
    TRY_ASSIGN(const DeviceId id, AddDevice(run.builder(), std::move(device)));
    const Device& now = *run.builder().devices[id];
    text += StrCat("Device ", FormatDevice(now), " with ", PythonFloat(now.weight),
                   " weight got id ", id, "\n");
    added.push_back(id);
  }
  TRY(run.Save());
  run.Answer(text, ChangeAnswer(run.builder(), added));
  return Outcome::kDone;
}

Result<Outcome> RemoveCommand(RingBuilderRun& run) {
  TRY(CheckNoPartPowerIncrease(run.builder()));
  TRY_ASSIGN(const std::vector<DeviceId> devices, SelectDevices(run));
  TRY_ASSIGN(const bool go_on, Confirm(run, devices, "remove"));
  if (!go_on) return Outcome::kNothingDone;
  std::string text;
  for (const DeviceId id : devices) {
    TRY(RemoveDevice(run.builder(), id));
    text += StrCat(FormatDevice(*run.builder().devices[id]),
                   " marked for removal and will be removed next rebalance.\n");
  }
  TRY(run.Save());
  run.Answer(text, ChangeAnswer(run.builder(), devices));
  return Outcome::kDone;
}

Result<Outcome> SetWeightCommand(RingBuilderRun& run) {
  return ChangeEach(run, "update the weight for",
                    [&](DeviceId id, const std::string& value) -> Result<std::string> {
                      TRY_ASSIGN(const double weight, ParseWeight(value));
                      TRY(SetWeight(run.builder(), id, weight));
                      return StrCat(FormatDevice(*run.builder().devices[id]), " weight set to ",
                                    PythonFloat(weight));
                    });
}

Result<Outcome> SetRegionCommand(RingBuilderRun& run) {
  return ChangeEach(run, "update the region for",
                    [&](DeviceId id, const std::string& value) -> Result<std::string> {
                      TRY_ASSIGN(const std::int64_t region, ParseLocation(value));
                      TRY(SetRegion(run.builder(), id, region));
                      return StrCat(FormatDevice(*run.builder().devices[id]), " region set to ",
                                    region);
                    });
}

Result<Outcome> SetZoneCommand(RingBuilderRun& run) {
  return ChangeEach(run, "update the zone for",
                    [&](DeviceId id, const std::string& value) -> Result<std::string> {
                      TRY_ASSIGN(const std::int64_t zone, ParseLocation(value));
                      TRY(SetZone(run.builder(), id, zone));
                      return StrCat(FormatDevice(*run.builder().devices[id]), " zone set to ",
                                    zone);
                    });
}

Result<Outcome> SetInfoCommand(RingBuilderRun& run) {
  if (HasDeviceOptions(run.line)) return SetInfoByOptions(run);
  return ChangeEach(run, "update the info for",
                    [&](DeviceId id, const std::string& value) -> Result<std::string> {
                      TRY_ASSIGN(const DeviceInfo change, ParseChangeValue(value));
                      return ApplyInfo(run.builder(), id, change);
                    });
}

}  // namespace dbrepl
