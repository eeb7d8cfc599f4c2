// The failure domains of a builder's devices as a tree of numbered nodes: the cluster, its regions,
// their zones, their addresses, their devices (swift-reference.md section 2.11).
//
// Immutable after construction, so any number of threads may read it. Nodes are numbered level by
// level, children of a node next to each other, so that a placement can keep what it counts in flat
// arrays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ring/device.h"

namespace dbrepl {

using TreeNodeId = std::uint32_t;

// Region, zone, address, device: the levels below the cluster.
inline constexpr std::size_t kTreeLevels = 4;

class PlacementTree {
 public:
  struct Node {
    TreeNodeId parent = 0;
    TreeNodeId first_child = 0;
    std::uint32_t children = 0;
    std::size_t level = 0;     // 0: the cluster, 4: a device
    DeviceId device = 0;       // one below the node; the device itself on level 4
    std::uint32_t usable = 0;  // devices below it with a weight above 0
  };
  using Path = std::array<TreeNodeId, kTreeLevels>;

  // Devices without weight are part of the tree: they may still hold partitions.
  explicit PlacementTree(const std::vector<std::optional<Device>>& devices);

  static constexpr TreeNodeId kRoot = 0;
  std::size_t size() const { return nodes_.size(); }
  const Node& operator[](TreeNodeId id) const { return nodes_[id]; }
  // The nodes above a device that is there, from its region down to itself.
  const Path& PathOf(DeviceId id) const { return paths_[id]; }
  TreeNodeId NodeOf(DeviceId id) const { return paths_[id].back(); }

  // "r1", "r1z2", "r1z2-10.0.0.1", "r1z2-10.0.0.1/sda", as Swift's dispersion report names them.
  static std::string NameOf(const Device& device, std::size_t level);

 private:
  std::vector<Node> nodes_;
  std::vector<Path> paths_;  // by device id
};

}  // namespace dbrepl
