#include "daemons/ring_builder_search.h"

#include <algorithm>
#include <array>
#include <iostream>

#include <unistd.h>

#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::array<std::string_view, 10> kDeviceOptions = {
    "id",     "region", "zone", "ip", "port", "replication-ip", "replication-port",
    "device", "weight", "meta"};

// Reads an option into `out` with `parse`; errors name the option.
template <class T, class Parse>
Result<> ReadOption(const CommandLine& line, std::string_view name, std::optional<T>& out,
                    Parse parse) {
  if (!line.Has(name)) return {};
  auto value = parse(line.Value(name));
  if (!value) return Fail(std::move(value).error().Within(StrCat("--", name)));
  out = *std::move(value);
  return {};
}

Result<std::string> AnyText(std::string text) { return text; }

// --ip and so on, or --change-ip and so on.
Result<DeviceInfo> InfoFromOptions(const CommandLine& line, std::string_view prefix) {
  const auto name = [&](std::string_view option) { return StrCat(prefix, option); };
  DeviceInfo info;
  TRY(ReadOption(line, name("ip"), info.ip, NormalizeAddress));
  TRY(ReadOption(line, name("port"), info.port, ParsePort));
  TRY(ReadOption(line, name("replication-ip"), info.replication_ip, NormalizeAddress));
  TRY(ReadOption(line, name("replication-port"), info.replication_port, ParsePort));
  TRY(ReadOption(line, name("device"), info.device, AnyText));
  TRY(ReadOption(line, name("meta"), info.meta, AnyText));
  return info;
}

Result<> CheckNoWords(const CommandLine& line) {
  if (line.words.empty()) return {};
  return Fail(
      Errc::kBadInput,
      StrCat("\"", Printable(line.words.front()), "\": devices are named by options already"),
      "give either search values or options like --zone");
}

Result<std::vector<DeviceId>> Matching(RingBuilderRun& run, std::string_view word) {
  TRY_ASSIGN(const DeviceSearch search, ParseSearchValue(word));
  return SearchDevices(run.builder(), search);
}

}  // namespace

bool HasDeviceOptions(const CommandLine& line) {
  return std::any_of(kDeviceOptions.begin(), kDeviceOptions.end(),
                     [&](std::string_view name) { return line.Has(name); });
}

Result<DeviceSearch> SearchFromOptions(const CommandLine& line) {
  DeviceSearch search;
  std::optional<std::int64_t> id;
  TRY(ReadOption(line, "id", id, ParseLocation));
  if (id) search.id = static_cast<DeviceId>(*id);
  TRY(ReadOption(line, "region", search.region, ParseLocation));
  TRY(ReadOption(line, "zone", search.zone, ParseLocation));
  TRY(ReadOption(line, "weight", search.weight, ParseWeight));
  TRY_ASSIGN(search.info, InfoFromOptions(line, ""));
  return search;
}

Result<DeviceInfo> ChangeFromOptions(const CommandLine& line) {
  TRY_ASSIGN(DeviceInfo change, InfoFromOptions(line, "change-"));
  if (change.IsEmpty()) {
    return Fail(Errc::kBadInput, "no change was given", "use options like --change-ip");
  }
  if (change.device) TRY(CheckDeviceName(*change.device));
  return change;
}

Result<Device> DeviceFromOptions(const CommandLine& line) {
  TRY(CheckNoWords(line));
  for (const std::string_view name : {"region", "zone", "ip", "port", "device", "weight"}) {
    if (!line.Has(name)) return Fail(Errc::kBadInput, StrCat("--", name, ": is required"));
  }
  TRY_ASSIGN(const DeviceSearch given, SearchFromOptions(line));
  const DeviceInfo& info = given.info;
  Device device;
  device.region = *given.region;
  device.zone = *given.zone;
  device.weight = *given.weight;
  device.ip = *info.ip;
  device.port = *info.port;
  device.replication_ip = info.replication_ip.value_or(device.ip);
  device.replication_port = info.replication_port.value_or(device.port);
  TRY_ASSIGN(device.device, CheckDeviceName(*info.device));
  device.meta = info.meta.value_or("");
  return device;
}

Result<std::vector<DeviceId>> SelectDevices(RingBuilderRun& run) {
  if (HasDeviceOptions(run.line)) {
    TRY(CheckNoWords(run.line));
    TRY_ASSIGN(const DeviceSearch search, SearchFromOptions(run.line));
    return SearchDevices(run.builder(), search);
  }
  if (run.line.words.empty()) {
    return Fail(Errc::kBadInput, "no search value was given",
                "give one like d3, z1 or 10.0.0.1:6201/sda, or options like --zone 1");
  }
  std::vector<DeviceId> devices;
  for (const std::string& word : run.line.words) {
    TRY_ASSIGN(const std::vector<DeviceId> found, Matching(run, word));
    for (const DeviceId device : found) {
      if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
        devices.push_back(device);
      }
    }
  }
  return devices;
}

Result<std::vector<Selection>> SelectionsWithValue(RingBuilderRun& run) {
  const std::vector<std::string>& words = run.line.words;
  std::vector<Selection> selections;
  if (HasDeviceOptions(run.line)) {
    if (words.size() != 1) {
      return Fail(Errc::kBadInput, "with options like --zone exactly one value must be given");
    }
    TRY_ASSIGN(const DeviceSearch search, SearchFromOptions(run.line));
    selections.push_back({SearchDevices(run.builder(), search), words.front()});
    return selections;
  }
  if (words.empty() || words.size() % 2 != 0) {
    return Fail(Errc::kBadInput, "search values and new values must come in pairs",
                "for example: d3 100");
  }
  for (std::size_t i = 0; i < words.size(); i += 2) {
    TRY_ASSIGN(std::vector<DeviceId> found, Matching(run, words[i]));
    selections.push_back({std::move(found), words[i + 1]});
  }
  return selections;
}

Result<bool> Confirm(RingBuilderRun& run, const std::vector<DeviceId>& devices,
                     std::string_view what) {
  if (devices.empty()) {
    run.Answer("Search value matched 0 devices.\nThe on-disk ring builder is unchanged.\n",
               JsonValue::Object{{"changed", false}, {"devices", JsonValue::Array()}});
    return false;
  }
  if (devices.size() == 1 || run.line.Has("yes")) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    return Fail(Errc::kBadInput, StrCat("the search matched ", devices.size(), " devices"),
                "add --yes to change all of them, or search for fewer");
  }
  std::cerr << "Matched more than one device:\n";
  for (const DeviceId id : devices) {
    std::cerr << "    " << FormatDevice(*run.builder().devices[id]) << '\n';
  }
  std::cerr << "Are you sure you want to " << what << " these " << devices.size()
            << " devices? (y/N) " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y") return true;
  std::cerr << "Aborting; the on-disk ring builder is unchanged.\n";
  return false;
}

}  // namespace dbrepl
