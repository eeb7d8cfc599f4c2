// One device of a ring: where a replica can live. Plain data, no rules of its own.
//
// Field names are Swift's own, so that an operator finds the ring's JSON again in the code
// (swift-reference.md section 2.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

// Position of a device in the ring's list of devices; positions of removed devices stay empty.
using DeviceId = std::uint32_t;

struct Device {
  DeviceId id = 0;
  std::int64_t region = 1;
  std::int64_t zone = 0;
  std::string ip;  // address or host name that clients use
  int port = 0;
  std::string replication_ip;  // address or host name that replicators use
  int replication_port = 0;
  std::string device;       // mount name below the node's `devices` directory
  double weight = 0.0;      // 0: the device is being drained
  std::string meta;         // free text
  JsonValue::Object other;  // keys this program does not know, kept for whoever wrote them

  bool operator==(const Device&) const = default;
};

// A device from its JSON object. A missing region is 1, a missing weight 0, a missing meta "",
// missing replication_ip and replication_port are ip and port. A missing or ill-typed key, a port
// outside 0..65535, a name of a device with '/': kBadInput naming the key.
Result<Device> DeviceFromJson(const JsonValue& json);

// The JSON object with every field and every key of `other`, in no special order.
JsonValue DeviceToJson(const Device& device);

}  // namespace dbrepl
