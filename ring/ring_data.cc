#include "ring/ring_data.h"

#include <algorithm>

#include "common/strings.h"

namespace dbrepl {

namespace {

Result<> ValidateDevices(const RingData& data) {
  for (std::size_t i = 0; i < data.devices.size(); ++i) {
    if (data.devices[i] && data.devices[i]->id != i) {
      return Fail(Errc::kBadInput,
                  StrCat("device ", i, ": has id ", data.devices[i]->id, ", must have ", i));
    }
  }
  return {};
}

Result<> ValidateShape(const RingData& data) {
  if (data.part_shift < 0 || data.part_shift > kMaxPartPower) {
    return Fail(Errc::kBadInput,
                StrCat("part_shift: must be 0..", kMaxPartPower, " (got ", data.part_shift, ")"));
  }
  if (data.device_id_bytes != 2 && data.device_id_bytes != 4) {
    return Fail(Errc::kBadInput,
                StrCat("dev_id_bytes: must be 2 or 4 (got ", data.device_id_bytes, ")"));
  }
  if (data.rows.empty()) return Fail(Errc::kBadInput, "replica_count: must be 1 or more (got 0)");
  if (data.rows.size() > kMaxReplicas) {
    return Fail(Errc::kBadInput, StrCat("replica_count: must be at most ", kMaxReplicas, " (got ",
                                        data.rows.size(), ")"));
  }
  for (std::size_t row = 0; row < data.rows.size(); ++row) {
    const std::uint64_t length = data.rows[row].size();
    const bool may_be_short = row > 0 && row + 1 == data.rows.size();
    if (length == data.PartitionCount()) continue;
    if (length > data.PartitionCount() || !may_be_short) {
      return Fail(Errc::kBadInput, StrCat("assignments: row ", row, ": has ", length,
                                          " partitions of ", data.PartitionCount()));
    }
  }
  return {};
}

// The slow search for what ValidateRow found to be somewhere in the row.
Result<> DescribeBadEntry(const RingData& data, std::size_t row) {
  const std::vector<DeviceId>& ids = data.rows[row];
  const auto bad = std::find_if(ids.begin(), ids.end(), [&](DeviceId id) {
    return id >= data.devices.size() || !data.devices[id];
  });
  return Fail(Errc::kBadInput,
              StrCat("assignments: row ", row, ", partition ", bad - ids.begin(), ": device ", *bad,
                     *bad < data.devices.size() ? " was removed from the list of devices"
                                                : " is not in the list of devices"));
}

Result<> ValidateRow(const RingData& data, std::size_t row, std::vector<std::uint8_t>& used) {
  const std::vector<DeviceId>& ids = data.rows[row];
  DeviceId highest = 0;
  for (const DeviceId id : ids) highest = std::max(highest, id);
  if (highest >= used.size()) return DescribeBadEntry(data, row);
  // Marks first and looks at the few devices afterwards: the table has far more entries.
  for (const DeviceId id : ids) used[id] = 1;
  for (std::size_t id = 0; id < used.size(); ++id) {
    if (used[id] != 0 && !data.devices[id]) return DescribeBadEntry(data, row);
  }
  return {};
}

}  // namespace

double RingData::ReplicaCount() const {
  if (rows.empty()) return 0;
  return static_cast<double>(rows.size() - 1) +
         static_cast<double>(rows.back().size()) / static_cast<double>(rows.front().size());
}

Result<> ValidateRingData(const RingData& data) {
  TRY(ValidateShape(data));
  TRY(ValidateDevices(data));
  std::vector<std::uint8_t> used(data.devices.size());
  for (std::size_t row = 0; row < data.rows.size(); ++row) TRY(ValidateRow(data, row, used));
  return {};
}

}  // namespace dbrepl
