// Ring files: as they lie on disk, and their contents, which gzip's checksum would otherwise keep
// mutations away from. What is accepted must give answers, and must read the same once written.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/check.h"
#include "ring/gzip.h"
#include "ring/ring.h"
#include "ring/ring_file.h"

namespace dbrepl {
namespace {

RingFileLimits SmallLimits() {
  RingFileLimits limits;
  limits.max_file_bytes = std::size_t{1} << 20;
  limits.max_header_bytes = std::size_t{1} << 16;
  limits.max_table_bytes = std::size_t{1} << 16;
  return limits;
}

void UseRing(const RingData& data) {
  const auto ring = Ring::Create(data).value();
  for (const std::uint64_t partition : {std::uint64_t{0}, ring->partition_count() - 1}) {
    const PartitionId id(static_cast<std::uint32_t>(partition));
    Handoffs handoffs = ring->HandoffsOf(id);
    for (std::size_t named = ring->PrimaryNodes(id).size(); handoffs.Next() != nullptr;) {
      CHECK(++named <= data.devices.size());
    }
  }
}

void ParseAndWrite(std::string_view file) {
  const auto data = ParseRingFile(file, "fuzz", SmallLimits());
  if (!data) {
    CHECK(!data.error().message.empty());
    return;
  }
  UseRing(*data);
  const auto again = SerializeRing(*data, RingFormat::kV2, "fuzz.ring");
  if (!again) return;  // ids that do not fit
  auto back = ParseRingFile(*again, "again");
  CHECK(back.has_value());
  // An empty last row leaves no trace in version 2.
  if (back->rows.size() < data->rows.size()) back->rows.emplace_back();
  CHECK(*back == *data);
}

}  // namespace
}  // namespace dbrepl

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  dbrepl::ParseAndWrite(input);
  dbrepl::GzipWriter packed("");
  packed.SetLevel(dbrepl::GzipWriter::Level::kStored);
  packed.Write(input);
  dbrepl::ParseAndWrite(std::move(packed).Finish());
  return 0;
}
