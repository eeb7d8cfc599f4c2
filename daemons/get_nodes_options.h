// The command line of get-nodes, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "daemons/options.h"

namespace dbrepl {

// An account, a container or an object; empty strings stand for what was not named.
struct ItemName {
  std::string account;
  std::string container;
  std::string object;

  bool operator==(const ItemName&) const = default;
};

struct GetNodesOptions {
  enum class What {
    kItem,       // where `item` lives
    kPartition,  // where `partition` lives
    kDump,       // every partition of the ring
    kNames,      // the partitions of the names in `names_path`
    kHelp,
  };
  What what = What::kItem;
  std::string ring_path;
  std::string swift_dir;
  ItemName item;
  std::uint32_t partition = 0;
  std::string names_path;  // "-" is standard input
  bool all = false;        // all handoffs, not as many as primaries
  bool json = false;
};

// No ring, nothing or too much asked for, an object without a container, a partition that is no
// number: kBadInput with "try --help" as hint.
Result<GetNodesOptions> ParseGetNodesOptions(const std::vector<std::string>& arguments);

// The text of --help.
std::string GetNodesHelp();

}  // namespace dbrepl
