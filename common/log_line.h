// How a log line looks and what the words of its configuration mean, as in Swift's get_logger() and
// SwiftLogFormatter. Pure, thread-safe. swift-reference.md section 6.5.
#pragma once

#include <string>
#include <string_view>

#include "common/log.h"

namespace dbrepl {

// "<name>: <message>", every newline as "#012", cut by CutMiddle.
std::string FormatLogLine(std::string_view name, std::string_view message, int max_characters);

// At most max_characters characters: the middle replaced by " ... ", or the end cut off where that
// does not fit (fewer than 7). 0 and below: the whole text. A byte that is no UTF-8 counts as a
// character.
std::string CutMiddle(std::string text, int max_characters);

// DEBUG, INFO, WARN, WARNING, ERROR, CRITICAL, FATAL in any case. NOTSET is Python's default,
// warning. All others, also NOTICE, are info: Swift knows no such word either.
LogLevel LogLevelOfWord(std::string_view word);

// The number of LOG_KERN .. LOG_LOCAL7, case-sensitive; LOG_LOCAL0's for all other words.
int SyslogFacilityOfWord(std::string_view word);

// LOG_CRIT 2 .. LOG_DEBUG 7.
int SyslogSeverity(LogLevel level);

}  // namespace dbrepl
