#include "ring/builder_file.h"

#include <cmath>
#include <limits>

#include "common/files.h"
#include "common/json.h"
#include "common/strings.h"
#include "ring/builder_tables.h"
#include "ring/swift_builder_file.h"

namespace dbrepl {

namespace {

constexpr std::string_view kFormat = "dbrepl ring builder";
constexpr std::int64_t kFormatVersion = 1;
// Part power 24 with 8 replicas, or what Swift writes for as much.
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

// Reads the members of the JSON object; remembers nothing, so that each error names its member.
class Members {
 public:
  explicit Members(const JsonValue& json) : json_(json) {}

  Result<std::int64_t> Int(std::string_view name, std::int64_t lowest, std::int64_t highest) const {
    const JsonValue* value = json_.Find(name);
    const std::int64_t* number = value == nullptr ? nullptr : value->AsInt();
    if (number == nullptr || *number < lowest || *number > highest) {
      return Fail(Errc::kBadInput,
                  StrCat(name, ": must be an integer from ", lowest, " to ", highest));
    }
    return *number;
  }

  Result<double> Number(std::string_view name) const {
    const JsonValue* value = json_.Find(name);
    double number = 0;
    if (value == nullptr || !value->ToDouble(number)) {
      return Fail(Errc::kBadInput, StrCat(name, ": must be a number"));
    }
    return number;
  }

  Result<bool> Bool(std::string_view name) const {
    const JsonValue* value = json_.Find(name);
    const bool* flag = value == nullptr ? nullptr : value->AsBool();
    if (flag == nullptr) return Fail(Errc::kBadInput, StrCat(name, ": must be true or false"));
    return *flag;
  }

  Result<const std::string*> Text(std::string_view name) const {
    const JsonValue* value = json_.Find(name);
    const std::string* text = value == nullptr ? nullptr : value->AsString();
    if (text == nullptr) return Fail(Errc::kBadInput, StrCat(name, ": must be a string"));
    return text;
  }

  Result<const JsonValue::Array*> Array(std::string_view name) const {
    const JsonValue* value = json_.Find(name);
    const JsonValue::Array* array = value == nullptr ? nullptr : value->AsArray();
    if (array == nullptr) return Fail(Errc::kBadInput, StrCat(name, ": must be an array"));
    return array;
  }

  // Present and not null.
  bool Has(std::string_view name) const {
    const JsonValue* value = json_.Find(name);
    return value != nullptr && !value->IsNull();
  }

 private:
  const JsonValue& json_;
};

Result<> ReadParameters(const Members& members, Builder& builder) {
  constexpr std::int64_t kAnyInt = std::numeric_limits<std::int64_t>::max();
  TRY_ASSIGN(const std::string* id, members.Text("id"));
  builder.id = *id;
  TRY_ASSIGN(const auto part_power, members.Int("part_power", 0, kMaxBuilderPartPower));
  builder.part_power = static_cast<int>(part_power);
  if (members.Has("next_part_power")) {
    TRY_ASSIGN(const auto next, members.Int("next_part_power", 0, kMaxPartPower));
    builder.next_part_power = static_cast<int>(next);
  }
  TRY_ASSIGN(builder.replicas, members.Number("replicas"));
  TRY_ASSIGN(const auto hours, members.Int("min_part_hours", 0, std::numeric_limits<int>::max()));
  builder.min_part_hours = static_cast<int>(hours);
  TRY_ASSIGN(builder.overload, members.Number("overload"));
  TRY_ASSIGN(builder.version, members.Int("version", 0, kAnyInt));
  TRY_ASSIGN(builder.devices_changed, members.Bool("devices_changed"));
  if (members.Has("dispersion")) {
    TRY_ASSIGN(builder.dispersion, members.Number("dispersion"));
  }
  TRY_ASSIGN(builder.last_moves_epoch, members.Int("last_moves_epoch", 0, kAnyInt));
  TRY_ASSIGN(const auto start, members.Int("last_gather_start", 0, kAnyInt));
  builder.last_gather_start = static_cast<std::uint64_t>(start);
  return {};
}

Result<> ReadDevices(const Members& members, Builder& builder) {
  TRY_ASSIGN(const JsonValue::Array* devices, members.Array("devices"));
  for (const JsonValue& json : *devices) {
    if (json.IsNull()) {
      builder.devices.emplace_back();
      continue;
    }
    auto device = DeviceFromJson(json);
    const std::size_t position = builder.devices.size();
    if (device && device->id != position) {
      device = Fail(Errc::kBadInput, StrCat("id: is ", device->id));
    }
    if (!device) return Fail(std::move(device).error().Within(StrCat("devices[", position, "]")));
    builder.devices.emplace_back(*std::move(device));
  }
  TRY_ASSIGN(const JsonValue::Array* removed, members.Array("removed"));
  for (const JsonValue& json : *removed) {
    const std::int64_t* id = json.AsInt();
    if (id == nullptr || *id < 0 || *id >= static_cast<std::int64_t>(builder.devices.size())) {
      return Fail(Errc::kBadInput,
                  StrCat("removed[", builder.removed.size(), "]: must be the id of a device"));
    }
    builder.removed.push_back(static_cast<DeviceId>(*id));
  }
  return {};
}

Result<> ReadTables(const Members& members, Builder& builder) {
  TRY_ASSIGN(const auto bytes, members.Int("device_id_bytes", 2, 4));
  if (bytes == 3) return Fail(Errc::kBadInput, "device_id_bytes: must be 2 or 4");
  TRY_ASSIGN(const JsonValue::Array* rows, members.Array("replica2part2dev"));
  for (const JsonValue& json : *rows) {
    const std::string place = StrCat("replica2part2dev[", builder.rows.size(), "]");
    const std::string* text = json.AsString();
    if (text == nullptr) return Fail(Errc::kBadInput, StrCat(place, ": must be a string"));
    auto row = DecodeTable(*text, static_cast<std::size_t>(bytes));
    if (!row) return Fail(std::move(row).error().Within(place));
    builder.rows.push_back(*std::move(row));
  }
  TRY_ASSIGN(const std::string* text, members.Text("hours_since_move"));
  auto hours = DecodeTable(*text, 1);
  if (!hours) return Fail(std::move(hours).error().Within("hours_since_move"));
  builder.hours_since_move.reserve(hours->size());
  for (const std::uint32_t hour : *hours) {
    builder.hours_since_move.push_back(static_cast<std::uint8_t>(hour));
  }
  return {};
}

Result<Builder> BuilderFromJson(std::string_view bytes) {
  TRY_ASSIGN(const JsonValue json, ParseJson(bytes, {.max_bytes = kMaxFileBytes}));
  const Members members(json);
  const JsonValue* format = json.Find("format");
  if (format == nullptr || format->AsString() == nullptr || *format->AsString() != kFormat) {
    return Fail(Errc::kBadInput, StrCat("format: is not \"", kFormat, "\""));
  }
  TRY_ASSIGN(const auto version,
             members.Int("format_version", 0, std::numeric_limits<std::int64_t>::max()));
  if (version != kFormatVersion) {
    return Fail(Errc::kBadInput,
                StrCat("format_version: ", version, " is not known here, only ", kFormatVersion),
                "use the release that wrote this file, or a newer one");
  }
  Builder builder;
  TRY(ReadParameters(members, builder));
  TRY(ReadDevices(members, builder));
  TRY(ReadTables(members, builder));
  return builder;
}

Result<Builder> BuilderFromBytes(std::string_view bytes, BuilderFormat& format) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '{') {
    format = BuilderFormat::kJson;
    return BuilderFromJson(bytes);
  }
  constexpr char kPickleProtocol = '\x80';
  if (bytes.starts_with(kPickleProtocol)) {
    format = BuilderFormat::kSwiftPickle;
    return ReadSwiftBuilder(bytes);
  }
  return Fail(Errc::kBadInput, "is neither a builder of ours (JSON) nor one of Swift's (a pickle)");
}

JsonValue DevicesToJson(const Builder& builder) {
  JsonValue::Array devices;
  for (const auto& device : builder.devices) {
    devices.push_back(device ? DeviceToJson(*device) : JsonValue());
  }
  return devices;
}

JsonValue RemovedToJson(const Builder& builder) {
  JsonValue::Array removed;
  for (const DeviceId id : builder.removed) removed.emplace_back(std::int64_t{id});
  return removed;
}

}  // namespace

Result<LoadedBuilder> ReadBuilderFile(const std::string& path) {
  TRY_ASSIGN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  return ParseBuilderFile(bytes, path);
}

Result<LoadedBuilder> ParseBuilderFile(std::string_view bytes, std::string_view name) {
  LoadedBuilder loaded;
  auto builder = BuilderFromBytes(bytes, loaded.format);
  if (builder) {
    if (auto checked = CheckBuilder(*builder); !checked) builder = Fail(checked.error());
  }
  if (!builder) return Fail(std::move(builder).error().Within(name));
  loaded.builder = *std::move(builder);
  return loaded;
}

std::string SerializeBuilder(const Builder& builder) {
  constexpr std::size_t kIdsOfTwoBytes = 65535;
  const int id_bytes = builder.devices.size() <= kIdsOfTwoBytes ? 2 : 4;
  JsonValue::Array rows;
  for (const auto& row : builder.rows) {
    rows.emplace_back(EncodeTable(row, static_cast<std::size_t>(id_bytes)));
  }
  const std::vector<std::uint32_t> hours(builder.hours_since_move.begin(),
                                         builder.hours_since_move.end());
  JsonValue json;
  json.Set("format", kFormat);
  json.Set("format_version", kFormatVersion);
  json.Set("id", builder.id);
  json.Set("version", builder.version);
  json.Set("part_power", builder.part_power);
  json.Set("next_part_power",
           builder.next_part_power ? JsonValue(*builder.next_part_power) : JsonValue());
  json.Set("replicas", builder.replicas);
  json.Set("min_part_hours", builder.min_part_hours);
  json.Set("overload", builder.overload);
  json.Set("dispersion", builder.dispersion ? JsonValue(*builder.dispersion) : JsonValue());
  json.Set("devices_changed", builder.devices_changed);
  json.Set("devices", DevicesToJson(builder));
  json.Set("removed", RemovedToJson(builder));
  json.Set("last_moves_epoch", builder.last_moves_epoch);
  json.Set("last_gather_start", static_cast<std::int64_t>(builder.last_gather_start));
  json.Set("device_id_bytes", id_bytes);
  json.Set("replica2part2dev", std::move(rows));
  json.Set("hours_since_move", EncodeTable(hours, 1));
  std::string text = DumpJsonIndented(json);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace dbrepl
