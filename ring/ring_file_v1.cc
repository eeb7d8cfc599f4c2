// Version 1: a JSON header, then one array of 2-byte ids for each replica in the writer's byte
// order (swift-reference.md section 2.3).
#include <utility>

#include "common/strings.h"
#include "ring/ring_file_formats.h"

namespace dbrepl {

namespace {

constexpr int kLengthBytes = 4;
constexpr int kIdBytes = 2;
struct Layout {
  std::size_t rows = 0;
  ByteOrder order = kNativeOrder;
};

Result<Layout> ReadLayout(const JsonValue& header) {
  Layout layout;
  const JsonValue* count = header.Find("replica_count");
  if (count == nullptr || count->AsInt() == nullptr || *count->AsInt() < 1 ||
      *count->AsInt() > static_cast<std::int64_t>(kMaxReplicas)) {
    return Fail(Errc::kBadInput,
                StrCat("replica_count: must be an integer from 1 to ", kMaxReplicas));
  }
  layout.rows = static_cast<std::size_t>(*count->AsInt());
  if (const JsonValue* order = header.Find("byteorder"); order != nullptr) {
    const std::string* name = order->AsString();
    if (name == nullptr || (*name != "little" && *name != "big")) {
      return Fail(Errc::kBadInput, "byteorder: must be \"little\" or \"big\"");
    }
    layout.order = *name == "little" ? ByteOrder::kLittle : ByteOrder::kBig;
  }
  return layout;
}

Result<Layout> ReadHeader(GzipReader& in, const RingFileLimits& limits, RingData& data) {
  TRY_ASSIGN(const std::string length_bytes, in.Read(kLengthBytes));
  const std::uint64_t length = FromBigEndian(length_bytes);
  if (length > limits.max_header_bytes) {
    return Fail(Errc::kBadInput,
                StrCat("too large: ", length, " bytes, at most ", limits.max_header_bytes));
  }
  TRY_ASSIGN(const std::string text, in.Read(length));
  TRY_ASSIGN(const JsonValue header, ParseHeader(text, limits));
  TRY(ReadCommonMetadata(header, data));
  TRY_ASSIGN(const Layout layout, ReadLayout(header));
  const JsonValue* devices = header.Find("devs");
  if (devices == nullptr) return Fail(Errc::kBadInput, "devs: missing");
  Result<std::vector<std::optional<Device>>> list = DevicesFromJson(*devices);
  if (!list) return Fail(std::move(list).error().Within("devs"));
  data.devices = *std::move(list);
  return layout;
}

Result<> ReadRows(GzipReader& in, const RingFileLimits& limits, const Layout& layout,
                  RingData& data) {
  const std::uint64_t row_bytes = data.PartitionCount() * kIdBytes;
  if (row_bytes > limits.max_table_bytes / layout.rows) {
    return Fail(Errc::kBadInput, StrCat("too large: ", layout.rows, " rows of ", row_bytes,
                                        " bytes, at most ", limits.max_table_bytes));
  }
  for (std::size_t row = 0; row < layout.rows; ++row) {
    // Only the last row may end early; whether another one did is seen by ValidateRingData.
    TRY_ASSIGN(const std::string bytes, in.ReadUpTo(row_bytes));
    auto ids = RowFromBytes(bytes, kIdBytes, layout.order);
    if (!ids) return Fail(std::move(ids).error().Within(StrCat("row ", row)));
    data.rows.push_back(*std::move(ids));
  }
  return in.ExpectEnd();
}

}  // namespace

Result<RingData> ReadRingV1(GzipReader& in, const RingFileLimits& limits) {
  RingData data;
  data.device_id_bytes = kIdBytes;
  Result<Layout> layout = ReadHeader(in, limits, data);
  if (!layout) return Fail(std::move(layout).error().Within("header"));
  if (Result<> rows = ReadRows(in, limits, *layout, data); !rows) {
    return Fail(std::move(rows).error().Within("assignments"));
  }
  return data;
}

void WriteRingV1(GzipWriter& out, const RingData& data) {
  JsonValue header;
  WriteCommonMetadata(data, header);
  header.Set("byteorder", kNativeOrder == ByteOrder::kLittle ? "little" : "big");
  header.Set("devs", DevicesToJson(data));
  header.Set("replica_count", static_cast<std::int64_t>(data.rows.size()));
  if (data.version) header.Set("version", *data.version);
  const std::string text = DumpJson(header, JsonKeys::kSorted);
  out.Write(ToBigEndian(text.size(), kLengthBytes));
  out.Write(text);
  for (const std::vector<DeviceId>& row : data.rows) {
    out.Write(RowToBytes(row, kIdBytes, kNativeOrder));
  }
}

}  // namespace dbrepl
