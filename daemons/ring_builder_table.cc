#include "daemons/ring_builder_table.h"

#include <algorithm>
#include <tuple>

#include "common/strings.h"

namespace dbrepl {

namespace {

bool IsIpv6(std::string_view ip) { return ip.find(':') != std::string_view::npos; }

std::string InBrackets(const std::string& ip) { return IsIpv6(ip) ? StrCat("[", ip, "]") : ip; }

struct Widths {
  std::size_t ip = 10;
  std::size_t port = 4;
  std::size_t replication_ip = 14;
  std::size_t replication_port = 4;
  std::size_t weight = 6;
};

void Widen(std::size_t& width, std::size_t needed) { width = std::max(width, needed); }

Widths WidthsFor(const Builder& builder) {
  Widths widths;
  bool ipv6 = false;
  bool replication_ipv6 = false;
  for (const auto& device : builder.devices) {
    if (!device) continue;
    ipv6 = ipv6 || IsIpv6(device->ip);
    replication_ipv6 = replication_ipv6 || IsIpv6(device->replication_ip);
    Widen(widths.ip, device->ip.size());
    Widen(widths.replication_ip, device->replication_ip.size());
    Widen(widths.port, StrCat(device->port).size());
    Widen(widths.replication_port, StrCat(device->replication_port).size());
    Widen(widths.weight, FixedDecimals(device->weight, 2).size());
  }
  if (ipv6) widths.ip += 2;
  if (replication_ipv6) widths.replication_ip += 2;
  return widths;
}

std::vector<DeviceId> ListingOrder(const Builder& builder) {
  std::vector<const Device*> devices;
  for (const auto& device : builder.devices) {
    if (device) devices.push_back(&*device);
  }
  const auto key = [](const Device* d) { return std::tie(d->region, d->zone, d->ip, d->device); };
  std::stable_sort(devices.begin(), devices.end(),
                   [&](const Device* a, const Device* b) { return key(a) < key(b); });
  std::vector<DeviceId> ids;
  ids.reserve(devices.size());
  for (const Device* device : devices) ids.push_back(device->id);
  return ids;
}

std::string TableHeader(const Widths& widths) {
  return StrCat("Devices:", PadLeft("id", 5), " ", PadLeft("region", 6), " ", PadLeft("zone", 4),
                " ", PadLeft("ip address", widths.ip), ":", PadRight("port", widths.port), " ",
                PadLeft("replication ip", widths.replication_ip), ":",
                PadRight("port", widths.replication_port), " ", PadLeft("name", 5), " ",
                PadLeft("weight", widths.weight), " partitions balance flags meta\n");
}

}  // namespace

std::string PadLeft(std::string_view text, std::size_t width) {
  return StrCat(std::string(width - std::min(width, text.size()), ' '), text);
}

std::string PadRight(std::string_view text, std::size_t width) {
  return StrCat(text, std::string(width - std::min(width, text.size()), ' '));
}

std::string FormatDuration(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto two_digits = [](std::int64_t value) {
    return value < 10 ? StrCat("0", value) : StrCat(value);
  };
  std::string text;
  if (const std::int64_t days = seconds / kDay; days > 0) {
    text = StrCat(days, days == 1 ? " day, " : " days, ");
  }
  return StrCat(text, seconds % kDay / kHour, ":", two_digits(seconds % kHour / kMinute), ":",
                two_digits(seconds % kMinute));
}

std::string PythonFloat(double value) { return DumpJson(JsonValue(value)); }

std::string DeviceTable(const Builder& builder, const Balance& balance) {
  const Widths widths = WidthsFor(builder);
  std::string table = TableHeader(widths);
  for (const DeviceId id : ListingOrder(builder)) {
    const Device& device = *builder.devices[id];
    const DeviceLoad& load = balance.devices[id];
    const std::string_view flags = builder.IsMarkedForRemoval(id) ? "DEL" : "";
    table += StrCat(
        PadLeft(StrCat(id), 13), " ", PadLeft(StrCat(device.region), 6), " ",
        PadLeft(StrCat(device.zone), 4), " ", PadLeft(InBrackets(device.ip), widths.ip), ":",
        PadRight(StrCat(device.port), widths.port), " ",
        PadLeft(InBrackets(device.replication_ip), widths.replication_ip), ":",
        PadRight(StrCat(device.replication_port), widths.replication_port), " ",
        PadLeft(device.device, 5), " ", PadLeft(FixedDecimals(device.weight, 2), widths.weight),
        " ", PadLeft(StrCat(load.partitions), 10), " ", PadLeft(FixedDecimals(load.balance, 2), 7),
        " ", PadLeft(flags, 5), " ", device.meta, "\n");
  }
  return table;
}

std::string SearchTable(const Builder& builder, const Balance& balance,
                        const std::vector<DeviceId>& devices) {
  std::string table =
      "Devices:    id  region  zone      ip address  port  replication ip  replication port"
      "      name weight partitions balance meta\n";
  for (const DeviceId id : devices) {
    const Device& device = *builder.devices[id];
    const DeviceLoad& load = balance.devices[id];
    table += StrCat("         ", PadLeft(StrCat(id), 5), " ", PadLeft(StrCat(device.region), 7),
                    " ", PadLeft(StrCat(device.zone), 5), " ", PadLeft(device.ip, 15), " ",
                    PadLeft(StrCat(device.port), 5), " ", PadLeft(device.replication_ip, 15), " ",
                    PadLeft(StrCat(device.replication_port), 17), " ", PadLeft(device.device, 9),
                    " ", PadLeft(FixedDecimals(device.weight, 2), 6), " ",
                    PadLeft(StrCat(load.partitions), 10), " ",
                    PadLeft(FixedDecimals(load.balance, 2), 7), " ", device.meta, "\n");
  }
  return table;
}

JsonValue DeviceAnswer(const Builder& builder, const Balance& balance, DeviceId id) {
  JsonValue json = DeviceToJson(*builder.devices[id]);
  json.Set("partitions", static_cast<std::int64_t>(balance.devices[id].partitions));
  json.Set("balance", balance.devices[id].balance);
  json.Set("to_be_removed", builder.IsMarkedForRemoval(id));
  return json;
}

JsonValue ChangeAnswer(const Builder& builder, const std::vector<DeviceId>& devices) {
  const Balance balance = MeasureBalance(builder);
  JsonValue::Array list;
  for (const DeviceId id : devices) list.push_back(DeviceAnswer(builder, balance, id));
  return JsonValue::Object{{"changed", true}, {"devices", std::move(list)}};
}

}  // namespace dbrepl
