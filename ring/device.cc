#include "ring/device.h"

#include <array>
#include <optional>

#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::array<std::string_view, 10> kKnownKeys = {
    "id",     "region", "zone", "ip", "port", "replication_ip", "replication_port",
    "device", "weight", "meta"};
constexpr std::int64_t kMaxPort = 65535;
constexpr std::int64_t kMaxDeviceId = 0xFFFFFFFE;  // all ones means "unassigned"

bool IsKnown(std::string_view key) {
  for (const std::string_view known : kKnownKeys) {
    if (key == known) return true;
  }
  return false;
}

Result<std::int64_t> IntOf(const JsonValue& json, std::string_view key,
                           std::optional<std::int64_t> otherwise, std::int64_t lowest,
                           std::int64_t highest) {
  const JsonValue* value = json.Find(key);
  if (value == nullptr && otherwise) return *otherwise;
  if (value == nullptr) return Fail(Errc::kBadInput, StrCat(key, ": missing"));
  const std::int64_t* number = value->AsInt();
  if (number == nullptr || *number < lowest || *number > highest) {
    return Fail(Errc::kBadInput,
                StrCat(key, ": must be an integer from ", lowest, " to ", highest));
  }
  return *number;
}

Result<std::string> TextOf(const JsonValue& json, std::string_view key,
                           std::optional<std::string_view> otherwise) {
  const JsonValue* value = json.Find(key);
  if (value == nullptr && otherwise) return std::string(*otherwise);
  if (value == nullptr) return Fail(Errc::kBadInput, StrCat(key, ": missing"));
  const std::string* text = value->AsString();
  if (text == nullptr) return Fail(Errc::kBadInput, StrCat(key, ": must be a string"));
  return *text;
}

Result<double> WeightOf(const JsonValue& json) {
  const JsonValue* value = json.Find("weight");
  if (value == nullptr) return 0.0;
  double weight = 0;
  if (!value->ToDouble(weight) || weight < 0) {
    return Fail(Errc::kBadInput, "weight: must be a number, 0 or more");
  }
  return weight;
}

// A device's name becomes a directory: it must not lead anywhere else.
Result<> CheckMountName(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    return Fail(Errc::kBadInput, StrCat("device: not a directory name: \"", Printable(name), "\""));
  }
  return {};
}

}  // namespace

Result<Device> DeviceFromJson(const JsonValue& json) {
  if (json.AsObject() == nullptr) return Fail(Errc::kBadInput, "must be an object");
  constexpr std::int64_t kAnyInt = INT32_MAX;
  Device device;
  TRY_ASSIGN(const std::int64_t id, IntOf(json, "id", {}, 0, kMaxDeviceId));
  device.id = static_cast<DeviceId>(id);
  TRY_ASSIGN(device.region, IntOf(json, "region", 1, 0, kAnyInt));
  TRY_ASSIGN(device.zone, IntOf(json, "zone", {}, 0, kAnyInt));
  TRY_ASSIGN(device.ip, TextOf(json, "ip", {}));
  TRY_ASSIGN(const std::int64_t port, IntOf(json, "port", {}, 0, kMaxPort));
  device.port = static_cast<int>(port);
  TRY_ASSIGN(device.replication_ip, TextOf(json, "replication_ip", device.ip));
  TRY_ASSIGN(const std::int64_t replication_port,
             IntOf(json, "replication_port", port, 0, kMaxPort));
  device.replication_port = static_cast<int>(replication_port);
  TRY_ASSIGN(device.device, TextOf(json, "device", {}));
  TRY(CheckMountName(device.device));
  TRY_ASSIGN(device.weight, WeightOf(json));
  TRY_ASSIGN(device.meta, TextOf(json, "meta", ""));
  for (const JsonValue::Member& member : *json.AsObject()) {
    if (!IsKnown(member.first)) device.other.push_back(member);
  }
  return device;
}

JsonValue DeviceToJson(const Device& device) {
  JsonValue::Object json = {
      {"device", device.device},
      {"id", std::int64_t{device.id}},
      {"ip", device.ip},
      {"meta", device.meta},
      {"port", device.port},
      {"region", device.region},
      {"replication_ip", device.replication_ip},
      {"replication_port", device.replication_port},
      {"weight", device.weight},
      {"zone", device.zone},
  };
  json.insert(json.end(), device.other.begin(), device.other.end());
  return json;
}

}  // namespace dbrepl
