#include "ring/swift_builder_file.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "common/pickle.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr PickleLimits kLimits = {.max_bytes = std::size_t{1} << 30,
                                  .max_items = 100'000'000,
                                  .max_depth = 32,
                                  .allow_arrays = true};

bool IsNone(const PickleValue* value) {
  return value == nullptr || std::holds_alternative<std::monostate>(value->value);
}

// A value of a dict as a plain number: Python's True and False count as 1 and 0.
std::optional<double> AsNumber(const PickleValue* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<std::int64_t>(&value->value)) {
    return static_cast<double>(*number);
  }
  if (const auto* number = std::get_if<double>(&value->value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value->value)) return *flag ? 1.0 : 0.0;
  return std::nullopt;
}

Result<double> NumberOf(const PickleValue& dict, std::string_view key, double lowest,
                        double highest, std::optional<double> otherwise = {}) {
  const PickleValue* value = dict.Find(key);
  if (IsNone(value) && otherwise) return *otherwise;
  const std::optional<double> number = AsNumber(value);
  if (!number || !(*number >= lowest) || !(*number <= highest)) {
    return Fail(Errc::kBadInput, StrCat(key, ": must be a number from ", lowest, " to ", highest));
  }
  return *number;
}

Result<std::int64_t> IntOf(const PickleValue& dict, std::string_view key, std::int64_t highest,
                           std::optional<std::int64_t> otherwise = {}) {
  std::optional<double> default_value;
  if (otherwise) default_value = static_cast<double>(*otherwise);
  TRY_ASSIGN(const double number,
             NumberOf(dict, key, 0, static_cast<double>(highest), default_value));
  if (number != std::floor(number)) {
    return Fail(Errc::kBadInput, StrCat(key, ": must be an integer"));
  }
  return static_cast<std::int64_t>(number);
}

template <class T>
Result<const T*> TypedValue(const PickleValue& dict, std::string_view key, std::string_view type) {
  const PickleValue* value = dict.Find(key);
  const T* typed = value == nullptr ? nullptr : std::get_if<T>(&value->value);
  if (typed == nullptr) return Fail(Errc::kBadInput, StrCat(key, ": must be ", type));
  return typed;
}

// The JSON value that Swift would write into a ring file for it; null for what has none.
JsonValue ToJson(const PickleValue& value) {
  if (const auto* flag = std::get_if<bool>(&value.value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value.value)) return *number;
  if (const auto* number = std::get_if<double>(&value.value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value.value)) return *text;
  return {};
}

Result<Device> DeviceFromDict(const PickleValue& value) {
  const auto* dict = std::get_if<PickleValue::Dict>(&value.value);
  if (dict == nullptr) return Fail(Errc::kBadInput, "must be a dict or None");
  JsonValue::Object json;
  for (const auto& [key, member] : dict->items) {
    const auto* name = std::get_if<std::string>(&key->value);
    if (name == nullptr) return Fail(Errc::kBadInput, "has a key that is no text");
    // What the builder counts for itself is no property of the device.
    if (*name == "parts" || *name == "parts_wanted" || *name == "tiers") continue;
    json.emplace_back(*name, ToJson(*member));
  }
  return DeviceFromJson(JsonValue(std::move(json)));
}

Result<> ReadDevices(const PickleValue& dict, Builder& builder) {
  TRY_ASSIGN(const auto* devices, TypedValue<PickleValue::List>(dict, "devs", "a list"));
  for (const PicklePtr& item : devices->items) {
    if (IsNone(item.get())) {
      builder.devices.emplace_back();
      continue;
    }
    auto device = DeviceFromDict(*item);
    const std::size_t position = builder.devices.size();
    if (device && device->id != position) {
      device = Fail(Errc::kBadInput, StrCat("id: is ", device->id));
    }
    if (!device) return Fail(std::move(device).error().Within(StrCat("devs[", position, "]")));
    builder.devices.emplace_back(*std::move(device));
  }
  TRY_ASSIGN(const auto* removed, TypedValue<PickleValue::List>(dict, "_remove_devs", "a list"));
  for (const PicklePtr& item : removed->items) {
    auto id = IntOf(*item, "id", std::numeric_limits<std::uint32_t>::max());
    if (!id) return Fail(std::move(id).error().Within("_remove_devs"));
    builder.removed.push_back(static_cast<DeviceId>(*id));
  }
  return {};
}

Result<> ReadRows(const PickleValue& dict, Builder& builder) {
  if (IsNone(dict.Find("_replica2part2dev"))) return {};
  TRY_ASSIGN(const auto* rows,
             TypedValue<PickleValue::List>(dict, "_replica2part2dev", "a list of arrays"));
  for (const PicklePtr& item : rows->items) {
    const auto* row = std::get_if<PickleArray>(&item->value);
    if (row == nullptr) {
      return Fail(Errc::kBadInput,
                  StrCat("_replica2part2dev[", builder.rows.size(), "]: must be an array"));
    }
    builder.rows.push_back(row->items);
  }
  return {};
}

// An array, after an increase of part_power a list; missing in very old files.
Result<> ReadHours(const PickleValue& dict, Builder& builder) {
  const PickleValue* value = dict.Find("_last_part_moves");
  if (IsNone(value)) {
    builder.hours_since_move.assign(builder.PartitionCount(), 0);
    return {};
  }
  if (const auto* array = std::get_if<PickleArray>(&value->value)) {
    for (const std::uint32_t hours : array->items) {
      builder.hours_since_move.push_back(
          static_cast<std::uint8_t>(std::min<std::uint32_t>(hours, kMaxHoursSinceMove)));
    }
    return {};
  }
  TRY_ASSIGN(const auto* list,
             TypedValue<PickleValue::List>(dict, "_last_part_moves", "an array or a list"));
  for (const PicklePtr& item : list->items) {
    const std::optional<double> hours = AsNumber(item.get());
    if (!hours || !(*hours >= 0) || !(*hours <= kMaxHoursSinceMove)) {
      return Fail(Errc::kBadInput, "_last_part_moves: must hold numbers from 0 to 255");
    }
    builder.hours_since_move.push_back(static_cast<std::uint8_t>(*hours));
  }
  return {};
}

Result<> ReadParameters(const PickleValue& dict, Builder& builder) {
  constexpr std::int64_t kAnyInt = std::int64_t{1} << 53;  // what a double still counts exactly
  TRY_ASSIGN(const auto part_power, IntOf(dict, "part_power", kMaxBuilderPartPower));
  builder.part_power = static_cast<int>(part_power);
  if (!IsNone(dict.Find("next_part_power"))) {
    TRY_ASSIGN(const auto next, IntOf(dict, "next_part_power", kMaxPartPower));
    builder.next_part_power = static_cast<int>(next);
  }
  TRY_ASSIGN(builder.replicas, NumberOf(dict, "replicas", 1, static_cast<double>(kMaxReplicas)));
  TRY_ASSIGN(const auto hours, IntOf(dict, "min_part_hours", std::numeric_limits<int>::max()));
  builder.min_part_hours = static_cast<int>(hours);
  TRY_ASSIGN(builder.overload,
             NumberOf(dict, "overload", 0, std::numeric_limits<double>::max(), 0.0));
  TRY_ASSIGN(builder.version, IntOf(dict, "version", kAnyInt));
  TRY_ASSIGN(const auto changed, IntOf(dict, "devs_changed", 1));
  builder.devices_changed = changed != 0;
  if (!IsNone(dict.Find("dispersion"))) {
    constexpr double kPercent = 100;
    TRY_ASSIGN(builder.dispersion, NumberOf(dict, "dispersion", 0, kPercent));
  }
  TRY_ASSIGN(builder.last_moves_epoch, IntOf(dict, "_last_part_moves_epoch", kAnyInt, 0));
  TRY_ASSIGN(const auto start, IntOf(dict, "_last_part_gather_start", kAnyInt, 0));
  builder.last_gather_start = static_cast<std::uint64_t>(start);
  if (!IsNone(dict.Find("id"))) {
    TRY_ASSIGN(const auto* id, TypedValue<std::string>(dict, "id", "a text"));
    builder.id = *id;
  }
  return {};
}

}  // namespace

Result<Builder> ReadSwiftBuilder(std::string_view bytes) {
  TRY_ASSIGN(const PicklePtr pickle, ReadPickle(bytes, kLimits));
  if (!std::holds_alternative<PickleValue::Dict>(pickle->value)) {
    return Fail(Errc::kBadInput, "the pickle is no builder: it holds no dict");
  }
  Builder builder;
  TRY(ReadParameters(*pickle, builder));
  TRY(ReadDevices(*pickle, builder));
  TRY(ReadRows(*pickle, builder));
  TRY(ReadHours(*pickle, builder));
  return builder;
}

}  // namespace dbrepl
