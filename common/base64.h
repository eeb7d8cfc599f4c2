// Standard base64 (RFC 4648, with padding, without line breaks). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace dbrepl {

std::string Base64Encode(std::string_view bytes);

// As lenient as Python's base64.b64decode: characters outside of the alphabet are skipped, and what
// follows complete padding is ignored. A text that ends within a group of four: kBadInput.
Result<std::string> Base64Decode(std::string_view text);
// Groups of four out of the alphabet and nothing else; padding at the end only. Else kBadInput with
// the offset.
Result<std::string> Base64DecodeStrict(std::string_view text);

}  // namespace dbrepl
