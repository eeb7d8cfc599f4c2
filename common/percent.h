// Percent signs in URLs as Python's urllib writes and reads them. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace dbrepl {

// "%2F" becomes the byte it stands for; a percent sign without two hex digits behind it stays.
std::string PercentDecode(std::string_view text);

// Letters, digits and "_.-~/" stay, every other byte becomes %XX (upper-case), as Python's quote().
std::string PercentEncode(std::string_view bytes);

}  // namespace dbrepl
