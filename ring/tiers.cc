#include "ring/tiers.h"

#include <map>
#include <string_view>
#include <tuple>

namespace dbrepl {

namespace {

std::vector<bool> DevicesWithPartitions(const RingData& data) {
  std::vector<std::uint8_t> used(data.devices.size());
  for (const std::vector<DeviceId>& row : data.rows) {
    for (const DeviceId id : row) used[id] = 1;
  }
  return {used.begin(), used.end()};
}

// Numbers for different keys, in the order in which they are first asked for.
template <class Key>
class Numbering {
 public:
  std::uint32_t Of(const Key& key) {
    return numbers_.emplace(key, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(numbers_.size()); }

 private:
  std::map<Key, std::uint32_t> numbers_;
};

}  // namespace

Tiers::Tiers(const RingData& data) : numbers_(data.devices.size()) {
  const std::vector<bool> used = DevicesWithPartitions(data);
  Numbering<std::int64_t> regions;
  Numbering<std::tuple<std::int64_t, std::int64_t>> zones;
  Numbering<std::tuple<std::int64_t, std::int64_t, std::string_view>> addresses;
  std::uint32_t devices = 0;
  for (std::size_t id = 0; id < used.size(); ++id) {
    if (!used[id]) continue;
    const Device& device = *data.devices[id];
    numbers_[id] = {regions.Of(device.region), zones.Of({device.region, device.zone}),
                    addresses.Of({device.region, device.zone, device.ip}), devices++};
  }
  counts_ = {regions.size(), zones.size(), addresses.size(), devices};
  for (std::size_t level = 1; level < kTierLevels; ++level) {
    bases_[level] = bases_[level - 1] + counts_[level - 1];
  }
}

}  // namespace dbrepl
