#include "ring/placement_tree.h"

#include <algorithm>
#include <tuple>

#include "common/strings.h"

namespace dbrepl {

namespace {

auto SortKey(const Device& device) {
  return std::tie(device.region, device.zone, device.ip, device.id);
}

// Whether two devices share their node on a level, given that they share the one above.
bool SameNode(const Device& a, const Device& b, std::size_t level) {
  switch (level) {
    case 1: return a.region == b.region;
    case 2: return a.zone == b.zone;
    case 3: return a.ip == b.ip;
    default: return false;
  }
}

std::vector<const Device*> InTreeOrder(const std::vector<std::optional<Device>>& devices) {
  std::vector<const Device*> sorted;
  for (const auto& device : devices) {
    if (device) sorted.push_back(&*device);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Device* a, const Device* b) { return SortKey(*a) < SortKey(*b); });
  return sorted;
}

}  // namespace

PlacementTree::PlacementTree(const std::vector<std::optional<Device>>& devices)
    : nodes_(1), paths_(devices.size()) {
  const std::vector<const Device*> sorted = InTreeOrder(devices);
  // above[i] is the node of sorted[i] on the level just done.
  std::vector<TreeNodeId> above(sorted.size(), kRoot);
  for (std::size_t level = 1; level <= kTreeLevels; ++level) {
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const Device& device = *sorted[i];
      const TreeNodeId parent = above[i];
      const bool starts_node = i == 0 || nodes_.back().level != level ||
                               nodes_.back().parent != parent ||
                               !SameNode(*sorted[i - 1], device, level);
      if (starts_node) {
        const auto id = static_cast<TreeNodeId>(nodes_.size());
        if (nodes_[parent].children++ == 0) nodes_[parent].first_child = id;
        nodes_.push_back({.parent = parent, .level = level, .device = device.id});
      }
      above[i] = static_cast<TreeNodeId>(nodes_.size() - 1);
      paths_[device.id][level - 1] = above[i];
      if (device.weight > 0) ++nodes_.back().usable;
    }
  }
  for (const Device* device : sorted) {
    if (device->weight > 0) ++nodes_[kRoot].usable;
  }
}

std::string PlacementTree::NameOf(const Device& device, std::size_t level) {
  std::string name = StrCat("r", device.region);
  if (level >= 2) name += StrCat("z", device.zone);
  if (level >= 3) name += StrCat("-", device.ip);
  if (level >= kTreeLevels) name += StrCat("/", device.device);
  return name;
}

}  // namespace dbrepl
