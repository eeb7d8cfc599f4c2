// Tuples of the pending file as plain values. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/sql_value.h"
#include "common/pickle.h"
#include "common/result.h"

namespace dbrepl {

// The fields of a tuple with at least this many: None, booleans (as 0 and 1), integers, reals and
// text (also Python 2's byte strings). Anything else in it, no tuple, or text that is not UTF-8:
// kBadInput.
Result<std::vector<SqlValue>> TupleFields(const PickleValue& pickle, std::size_t at_least);

}  // namespace dbrepl
