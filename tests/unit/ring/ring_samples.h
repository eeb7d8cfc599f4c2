// Small rings that unit tests of ring/ share. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/strings.h"
#include "ring/ring_data.h"

namespace dbrepl {

inline Device SampleDevice(DeviceId id, std::int64_t region, std::int64_t zone,
                           const std::string& ip) {
  Device device;
  device.id = id;
  device.region = region;
  device.zone = zone;
  device.ip = ip;
  device.port = 6201;
  device.replication_ip = ip;
  device.replication_port = 6211;
  device.device = StrCat("sd", id);
  device.weight = 100.0;
  return device;
}

// Part power 2, three devices and a hole at 1, two rows and half of a third.
inline RingData SampleRing() {
  RingData data;
  data.part_shift = 30;
  data.version = 7;
  data.devices = {SampleDevice(0, 1, 1, "10.0.0.1"), std::nullopt,
                  SampleDevice(2, 1, 2, "10.0.0.2"), SampleDevice(3, 2, 1, "fd00::3")};
  data.rows = {{0, 2, 3, 0}, {2, 3, 0, 2}, {3, 0}};
  return data;
}

// A ring of random shape from a seed: several regions, zones, addresses with several devices,
// holes, a short last row, devices of very uneven shares.
RingData RandomRing(std::uint32_t seed);

}  // namespace dbrepl
