// Blanks, numbers and pieces of text as Python's str methods see them, for files whose other
// readers are written in Python. All text is UTF-8. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dbrepl {

// Bytes of the whitespace character (str.isspace()) that `text` begins with; 0 when there is none.
std::size_t PythonSpaceLength(std::string_view text);

// str.strip(), str.rstrip() and str.split() without arguments.
std::string_view PythonStrip(std::string_view text);
std::string_view PythonRightStrip(std::string_view text);
std::vector<std::string_view> PythonSplit(std::string_view text);

// int(text): blanks around, a sign, digits with single underscores between them. Digits outside
// ASCII and values beyond 64 bits, which Python takes, are nullopt as everything else.
std::optional<std::int64_t> PythonInt(std::string_view text);

// float(text): as above with point and exponent, "inf", "infinity" and "nan" in any case. Too large
// is infinity, too small 0.
std::optional<double> PythonFloat(std::string_view text);

}  // namespace dbrepl
