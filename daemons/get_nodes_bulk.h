// get-nodes for many answers at once: every partition of a ring, or the partitions of many names.
#pragma once

#include <functional>
#include <istream>
#include <string_view>

#include "common/hash_path.h"
#include "common/result.h"
#include "ring/ring.h"

namespace dbrepl {

// Takes the next piece of output; its errors end the work.
using Output = std::function<Result<>(std::string_view)>;

// One JSON line for each partition: {"partition": 0, "primaries": [ids], "handoffs": [ids]}, the
// handoffs to the last. Memory is bounded whatever the size of the ring.
Result<> DumpRing(const Ring& ring, const Output& output);

// Reads a JSON array of account[, container[, object]] a line, writes its partition on a line.
// Empty lines are passed over. Anything else, or a line longer than 1 MiB: kBadInput naming
// `input_name` and the line, after the answers of the lines before it.
Result<> PartitionsOfNames(const Ring& ring, const HashPathConfig& cluster, std::istream& input,
                           std::string_view input_name, const Output& output);

}  // namespace dbrepl
