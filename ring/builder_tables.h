// Long tables of small numbers as text: what a builder file keeps of its assignments.
//
// Base64 (RFC 4648, with padding) of the numbers as little-endian integers of 1, 2 or 4 bytes, so
// that any scripting language reads them in two lines. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace dbrepl {

// CHECKs that every number fits.
std::string EncodeTable(const std::vector<std::uint32_t>& numbers, std::size_t bytes_each);

// Not base64, or bytes left over: kBadInput with the offset. The numbers are as many as the text
// holds.
Result<std::vector<std::uint32_t>> DecodeTable(std::string_view text, std::size_t bytes_each);

}  // namespace dbrepl
