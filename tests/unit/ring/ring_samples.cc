#include "tests/unit/ring/ring_samples.h"

#include <random>

namespace dbrepl {

RingData RandomRing(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&random](std::uint32_t limit) {
    return static_cast<std::uint32_t>(random()) % limit;
  };
  RingData data;
  data.part_shift = static_cast<int>(32 - below(9));
  const std::uint32_t regions = 1 + below(4);
  const std::uint32_t zones = 1 + below(4);
  const std::uint32_t addresses = 1 + below(4);
  std::vector<DeviceId> tickets;  // a device's share of the table
  for (DeviceId id = 0, ids = 1 + below(30); id < ids; ++id) {
    if (id > 0 && below(6) == 0) {
      data.devices.emplace_back();
      continue;
    }
    const std::int64_t region = below(regions);
    const std::int64_t zone = below(zones);
    data.devices.emplace_back(
        SampleDevice(id, region, zone, StrCat("10.", region, ".", zone, ".", below(addresses))));
    tickets.insert(tickets.end(), below(3) == 0 ? 1 : 20, id);
  }
  const std::size_t partitions = data.PartitionCount();
  for (std::uint32_t row = 0, rows = 1 + below(5); row < rows; ++row) {
    const bool is_short = row > 0 && row + 1 == rows && below(2) == 0;
    std::vector<DeviceId> ids(is_short ? below(static_cast<std::uint32_t>(partitions))
                                       : partitions);
    for (DeviceId& id : ids) id = tickets[below(static_cast<std::uint32_t>(tickets.size()))];
    data.rows.push_back(std::move(ids));
  }
  return data;
}

}  // namespace dbrepl
