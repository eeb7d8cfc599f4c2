// Python's %(name)s in configuration values. Pure, thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace dbrepl {

// The raw value of a referenced option, nullptr when there is none. The pointer must live until
// InterpolateReferences() returns.
using ReferenceLookup = std::function<const std::string*(std::string_view name)>;

// `value` with every %(name)s replaced by that option's value, which may hold references itself
// (ten levels), and every %% by %. Any other %, an option that does not exist, deeper nesting (also
// a value that refers to itself), more than 10,000 references or a result of more than 1 MB:
// kBadInput with the problem only.
Result<std::string> InterpolateReferences(std::string_view value, const ReferenceLookup& lookup);

}  // namespace dbrepl
