#include <cmath>

#include "common/strings.h"
#include "ring/builder_file.h"

namespace dbrepl {

namespace {

bool IsThere(const Builder& builder, DeviceId device) {
  return device < builder.devices.size() && builder.devices[device].has_value();
}

Result<> CheckRows(const Builder& builder) {
  if (builder.rows.size() > kMaxReplicas) {
    return Fail(Errc::kBadInput,
                StrCat("has ", builder.rows.size(), " replicas of each partition, ", "at most ",
                       kMaxReplicas, " are possible"));
  }
  const std::uint64_t partitions = builder.PartitionCount();
  for (std::size_t i = 0; i < builder.rows.size(); ++i) {
    const auto& row = builder.rows[i];
    const bool may_be_short = i > 0 && i + 1 == builder.rows.size();
    if (row.size() > partitions || (row.size() < partitions && !may_be_short)) {
      return Fail(Errc::kBadInput, StrCat("replica ", i, ": has ", row.size(),
                                          " partitions instead of ", partitions));
    }
    for (std::size_t partition = 0; partition < row.size(); ++partition) {
      if (IsThere(builder, row[partition])) continue;
      return Fail(Errc::kBadInput,
                  StrCat("replica ", i, ", partition ", partition, ": is on device ",
                         row[partition], ", which is not there"));
    }
  }
  return {};
}

}  // namespace

Result<> CheckBuilder(const Builder& builder) {
  if (!(builder.replicas >= 1) || builder.replicas > static_cast<double>(kMaxReplicas)) {
    return Fail(Errc::kBadInput, StrCat("replicas: must be from 1 to ", kMaxReplicas));
  }
  if (!(builder.overload >= 0) || std::isinf(builder.overload)) {
    return Fail(Errc::kBadInput, "overload: must be 0 or more");
  }
  for (const DeviceId id : builder.removed) {
    if (!IsThere(builder, id)) {
      return Fail(Errc::kBadInput,
                  StrCat("device ", id, " is marked for removal, but is not there"));
    }
  }
  if (builder.hours_since_move.size() != builder.PartitionCount()) {
    return Fail(Errc::kBadInput,
                StrCat("hours since the last move are known of ", builder.hours_since_move.size(),
                       " partitions instead of ", builder.PartitionCount()));
  }
  return CheckRows(builder);
}

}  // namespace dbrepl
