// UTF-8 as Swift's peers expect it: what Python's strict decoder accepts, and nothing else. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dbrepl {

// Bytes of the code point that `text` begins with (1..4); 0 when it is empty or begins with
// something that is not well-formed UTF-8 (overlong forms, surrogates, above U+10FFFF, cut short).
// NUL is a code point like others.
std::size_t Utf8SequenceLength(std::string_view text);

// True when all of `text` is well-formed; also for empty text.
bool IsValidUtf8(std::string_view text);

// The code point of exactly one sequence that Utf8SequenceLength() found well-formed.
std::uint32_t Utf8CodePoint(std::string_view sequence);

// Adds the code point, at most 0x10FFFF, in UTF-8. Surrogates take their three-byte form, which is
// not well-formed (Python's "surrogatepass").
void AppendUtf8(std::string& out, std::uint32_t code_point);

// Every byte as the code point of its number, and back. Text with a code point above 255 or that is
// not well-formed: nullopt.
std::string Latin1ToUtf8(std::string_view bytes);
std::optional<std::string> Utf8ToLatin1(std::string_view text);

}  // namespace dbrepl
