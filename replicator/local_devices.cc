#include "replicator/local_devices.h"

#include <algorithm>

#include "common/strings.h"
#include "replicator/shared/drive.h"
#include "replicator/shared/wire_names.h"
#include "ring/local_device.h"

namespace dbrepl {
namespace {

Result<std::string> Check(const PassOptions& options, const std::string& name) {
  const auto drive = DriveName::Parse(name);
  if (!drive) return Fail(Errc::kBadInput, StrCat(name, " is not a valid drive name"));
  return CheckDrive(options.devices, *drive, options.mount_check);
}

bool IsWanted(const PassOptions& options, const std::string& name) {
  const auto& only = options.only_devices;
  return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
}

void AddFailureOfAll(const Ring& ring, PassStats& stats) {
  for (const auto& device : ring.data().devices)
    if (device) stats.AddFailure(device->replication_ip, device->device);
}

// Appends the device to `found` if it is usable and wanted.
void Consider(const PassOptions& options, const Ring& ring, const Device& device,
              LocalDevices& found) {
  auto path = Check(options, device.device);
  if (!path) {
    AddFailureOfAll(ring, found.failures);
    options.logger.Warning("Skipping: ", path.error().message);
    return;
  }
  if (!IsWanted(options, device.device)) {
    options.logger.Debug("Skipping device ", device.device, " due to given arguments");
    return;
  }
  std::string datadir = StrCat(*path, "/", DbKindFolder(options.kind));
  if (!IsDirectory(datadir)) datadir.clear();
  found.devices.push_back({device.id, *std::move(path), std::move(datadir)});
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += StrCat(joined.empty() ? "" : ", ", text);
  return joined;
}

}  // namespace

LocalDevices FindLocalDevices(const PassOptions& options, const Ring& ring) {
  LocalDevices found;
  const auto addresses = WhatAreMyIps(options.bind_ip);
  if (!addresses || addresses->empty()) {
    options.logger.Error("ERROR Failed to get my own IPs?",
                         addresses ? "" : StrCat(" ", addresses.error().message));
    found.has_addresses = false;
    return found;
  }
  bool found_itself = false;
  for (const auto& device : ring.data().devices) {
    if (!device || !IsLocalDevice(*addresses, options.bind_port, device->replication_ip,
                                  device->replication_port))
      continue;
    found_itself = true;
    Consider(options, ring, *device, found);
  }
  if (!found_itself)
    options.logger.Error("Can't find itself ", Joined(*addresses), " with port ", options.bind_port,
                         " in ring file, not replicating");
  return found;
}

}  // namespace dbrepl
