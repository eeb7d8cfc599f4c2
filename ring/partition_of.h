// The partition arithmetic of rings (swift-reference.md section 1.2). Pure, thread-safe.
#pragma once

#include "common/digest.h"
#include "ring/ring_data.h"

namespace dbrepl {

// The first part_power bits of the hash; 0 for a part_shift of 32.
inline Partition PartitionOfHash(const Md5Digest& hash, int part_shift) {
  const std::uint64_t first = std::uint64_t{hash[0]} << 24 | std::uint64_t{hash[1]} << 16 |
                              std::uint64_t{hash[2]} << 8 | std::uint64_t{hash[3]};
  return static_cast<Partition>(first >> part_shift);
}

}  // namespace dbrepl
