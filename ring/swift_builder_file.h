// Reads the builder files of Swift's swift-ring-builder: pickles of plain data, read without
// executing anything (common/pickle.h). swift-reference.md section 2.9. Pure, thread-safe.
#pragma once

#include <string_view>

#include "common/result.h"
#include "ring/builder.h"

namespace dbrepl {

// The builder in the bytes of such a file. Not a pickle, a pickle of anything else (very old files
// hold an object), a key that is missing or of a wrong type: kBadInput naming the key.
Result<Builder> ReadSwiftBuilder(std::string_view bytes);

}  // namespace dbrepl
