// The two layouts of a ring file's contents, each read and written in its own source. Internal to
// ring/: others use ring_file.h.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"
#include "ring/gzip.h"
#include "ring/ring_file.h"

namespace dbrepl {

// Both readers start after the six bytes of magic and version and stop at the end of the file.
// They check what their format promises, not what ValidateRingData does.
Result<RingData> ReadRingV1(GzipReader& in, const RingFileLimits& limits);
Result<RingData> ReadRingV2(GzipReader& in, const RingFileLimits& limits);

// Both writers write everything after magic and version and get valid data whose ids fit.
void WriteRingV1(GzipWriter& out, const RingData& data);
void WriteRingV2(GzipWriter& out, const RingData& data);

// What v1's header and v2's metadata have in common: part_shift, version, next_part_power. A wrong
// type or a part_shift outside 0..32: kBadInput naming the key.
Result<> ReadCommonMetadata(const JsonValue& json, RingData& data);
void WriteCommonMetadata(const RingData& data, JsonValue& json);

// The list of devices with its holes. No list, or a bad device: kBadInput naming the device.
Result<std::vector<std::optional<Device>>> DevicesFromJson(const JsonValue& json);
JsonValue DevicesToJson(const RingData& data);

// JSON with the limits of a header.
Result<JsonValue> ParseHeader(std::string_view text, const RingFileLimits& limits);

// One row of ids, `id_bytes` (2 or 4) each. Reading a length that is no multiple: kBadInput.
enum class ByteOrder { kBig, kLittle };
inline constexpr ByteOrder kNativeOrder =
    std::endian::native == std::endian::little ? ByteOrder::kLittle : ByteOrder::kBig;
Result<std::vector<DeviceId>> RowFromBytes(std::string_view bytes, int id_bytes, ByteOrder order);
std::string RowToBytes(const std::vector<DeviceId>& row, int id_bytes, ByteOrder order);

// Unsigned big-endian integers of 2, 4 or 8 bytes.
std::uint64_t FromBigEndian(std::string_view bytes);
std::string ToBigEndian(std::uint64_t value, int width);

}  // namespace dbrepl
