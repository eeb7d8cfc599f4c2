// UTF-8 as Swift's peers expect it: what Python's strict decoder accepts, and nothing else. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace dbrepl {

// Bytes of the code point that `text` begins with (1..4); 0 when it is empty or begins with
// something that is not well-formed UTF-8 (overlong forms, surrogates, above U+10FFFF, cut short).
// NUL is a code point like others.
std::size_t Utf8SequenceLength(std::string_view text);

// True when all of `text` is well-formed; also for empty text.
bool IsValidUtf8(std::string_view text);

}  // namespace dbrepl
