// The partition arithmetic of rings (swift-reference.md section 1.2). Pure, thread-safe.
#pragma once

#include "common/digest.h"
#include "common/ids.h"
#include "ring/ring_data.h"

namespace dbrepl {

// The first part_power bits of the hash; 0 for a part_shift of 32.
inline PartitionId PartitionOfHash(const Md5Digest& hash, int part_shift) {
  const std::uint64_t first = std::uint64_t{hash[0]} << 24 | std::uint64_t{hash[1]} << 16 |
                              std::uint64_t{hash[2]} << 8 | std::uint64_t{hash[3]};
  return PartitionId(static_cast<std::uint32_t>(first >> part_shift));
}

}  // namespace dbrepl
