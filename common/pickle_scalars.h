// The ways in which pickles write text and numbers. Parts of the pickle reader (common/pickle.h),
// apart so that each rule can be tested alone. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dbrepl {

// At most 8 bytes, least significant first; none is 0.
std::uint64_t LittleEndian(std::string_view bytes);

// The argument of LONG1 and LONG4: two's complement of any length, least significant byte first.
// nullopt beyond 64 bits.
std::optional<std::int64_t> IntegerFromTwosComplement(std::string_view bytes);

// The argument of INT and (without its L) LONG. nullopt for what is not decimal, for leading zeros
// (Python takes them for another base) and beyond 64 bits.
std::optional<std::int64_t> IntegerFromLine(std::string_view line);

// The argument of FLOAT: repr() of a float. nullopt for what is no number or beyond
// a double, which Python's pickle refuses too.
std::optional<double> FloatFromLine(std::string_view line);

// True for UTF-8 in which lone surrogates may stand as three bytes (Python's "surrogatepass").
bool IsUtf8WithSurrogates(std::string_view text);

// The argument of a UNICODE opcode: Latin-1 with \uXXXX and \UXXXXXXXX, every other backslash
// stands for itself. nullopt for an escape that is cut short or beyond U+10FFFF.
std::optional<std::string> TextFromRawUnicodeEscape(std::string_view line);

// The argument of a STRING opcode: repr() of a Python 2 str, in single or double quotes. The result
// is bytes. nullopt when the quotes do not match or an escape is cut short.
std::optional<std::string> BytesFromRepr(std::string_view line);

}  // namespace dbrepl
