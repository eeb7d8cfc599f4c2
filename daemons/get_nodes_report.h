// What get-nodes says about one place in a ring: swift-get-nodes's text, or JSON. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "daemons/get_nodes_options.h"
#include "ring/ring.h"

namespace dbrepl {

struct Location {
  std::string ring_name;  // "container" for container.ring.gz
  ItemName item;          // empty when only a partition was asked for
  std::string hash;       // hex; empty like `item`
  PartitionId partition;
  NodeList primaries;
  std::vector<const Device*> handoffs;
};

// The part of a ring file's path that names its kind: without directories and ".ring.gz".
std::string RingName(std::string_view ring_path);

// Devices of a partition; handoffs as many as primaries, or all. The ring must outlive the answer.
Location Locate(const Ring& ring, PartitionId partition, bool all_handoffs);

// Byte for byte what swift-get-nodes prints for rings of accounts, containers and objects,
// warnings and the odd target "None" of a bare partition included.
std::string LocationText(const Location& location);

// partition, hash (null for a bare partition), datadir, account, container, object (those named),
// primaries and handoffs: devices with index or handoff_index, and the path below the node's
// `devices` directory.
JsonValue LocationJson(const Location& location);

}  // namespace dbrepl
