#include "ring/ring_file_formats.h"

#include <cstring>

#include "common/strings.h"

namespace dbrepl {

namespace {

std::uint16_t Swapped(std::uint16_t value) { return __builtin_bswap16(value); }
std::uint32_t Swapped(std::uint32_t value) { return __builtin_bswap32(value); }

template <class Id>
std::vector<DeviceId> Widen(std::string_view bytes, bool swap) {
  std::vector<DeviceId> row(bytes.size() / sizeof(Id));
  const char* next = bytes.data();
  for (DeviceId& id : row) {
    Id narrow;
    std::memcpy(&narrow, next, sizeof(Id));
    id = swap ? Swapped(narrow) : narrow;
    next += sizeof(Id);
  }
  return row;
}

template <class Id>
std::string Narrow(const std::vector<DeviceId>& row, bool swap) {
  std::string bytes(row.size() * sizeof(Id), '\0');
  char* next = bytes.data();
  for (const DeviceId id : row) {
    const Id narrow = swap ? Swapped(static_cast<Id>(id)) : static_cast<Id>(id);
    std::memcpy(next, &narrow, sizeof(Id));
    next += sizeof(Id);
  }
  return bytes;
}

// An optional integer: absent and null mean the same.
Result<std::optional<std::int64_t>> OptionalInt(const JsonValue& json, std::string_view key) {
  const JsonValue* value = json.Find(key);
  if (value == nullptr || value->IsNull()) return std::nullopt;
  if (value->AsInt() == nullptr) return Fail(Errc::kBadInput, StrCat(key, ": must be an integer"));
  return *value->AsInt();
}

}  // namespace

Result<> ReadCommonMetadata(const JsonValue& json, RingData& data) {
  if (json.AsObject() == nullptr) return Fail(Errc::kBadInput, "must be an object");
  TRY_ASSIGN(const std::optional<std::int64_t> shift, OptionalInt(json, "part_shift"));
  if (!shift) return Fail(Errc::kBadInput, "part_shift: missing");
  if (*shift < 0 || *shift > kMaxPartPower) {
    return Fail(Errc::kBadInput,
                StrCat("part_shift: must be 0..", kMaxPartPower, " (got ", *shift, ")"));
  }
  data.part_shift = static_cast<int>(*shift);
  TRY_ASSIGN(data.version, OptionalInt(json, "version"));
  TRY_ASSIGN(data.next_part_power, OptionalInt(json, "next_part_power"));
  return {};
}

void WriteCommonMetadata(const RingData& data, JsonValue& json) {
  json.Set("part_shift", data.part_shift);
  if (data.next_part_power) json.Set("next_part_power", *data.next_part_power);
}

Result<std::vector<std::optional<Device>>> DevicesFromJson(const JsonValue& json) {
  const JsonValue::Array* list = json.AsArray();
  if (list == nullptr) return Fail(Errc::kBadInput, "must be a list");
  std::vector<std::optional<Device>> devices;
  devices.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].IsNull()) {
      devices.emplace_back();
      continue;
    }
    Result<Device> device = DeviceFromJson((*list)[i]);
    if (!device) return Fail(std::move(device).error().Within(StrCat("device ", i)));
    devices.push_back(*std::move(device));
  }
  return devices;
}

JsonValue DevicesToJson(const RingData& data) {
  JsonValue::Array list;
  list.reserve(data.devices.size());
  for (const std::optional<Device>& device : data.devices) {
    list.push_back(device ? DeviceToJson(*device) : JsonValue());
  }
  return list;
}

Result<JsonValue> ParseHeader(std::string_view text, const RingFileLimits& limits) {
  JsonLimits json_limits;
  json_limits.max_bytes = limits.max_header_bytes;
  return ParseJson(text, json_limits);
}

Result<std::vector<DeviceId>> RowFromBytes(std::string_view bytes, int id_bytes, ByteOrder order) {
  if (bytes.size() % static_cast<std::size_t>(id_bytes) != 0) {
    return Fail(Errc::kBadInput, StrCat(bytes.size(), " bytes are no whole number of ", id_bytes,
                                        "-byte device ids"));
  }
  const bool swap = order != kNativeOrder;
  return id_bytes == 2 ? Widen<std::uint16_t>(bytes, swap) : Widen<std::uint32_t>(bytes, swap);
}

std::string RowToBytes(const std::vector<DeviceId>& row, int id_bytes, ByteOrder order) {
  const bool swap = order != kNativeOrder;
  return id_bytes == 2 ? Narrow<std::uint16_t>(row, swap) : Narrow<std::uint32_t>(row, swap);
}

std::uint64_t FromBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

std::string ToBigEndian(std::uint64_t value, int width) {
  std::string bytes;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
  return bytes;
}

}  // namespace dbrepl
