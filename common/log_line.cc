#include "common/log_line.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/utf8.h"

namespace dbrepl {
namespace {

constexpr std::string_view kEllipsis = " ... ";

// The bytes that the first `characters` characters take.
std::size_t BytesOfCharacters(std::string_view text, std::size_t characters) {
  std::size_t bytes = 0;
  for (; characters > 0 && bytes < text.size(); --characters) {
    bytes += std::max<std::size_t>(Utf8SequenceLength(text.substr(bytes)), 1);
  }
  return bytes;
}

std::size_t CountCharacters(std::string_view text) {
  std::size_t characters = 0;
  for (; !text.empty(); ++characters) {
    text.remove_prefix(std::max<std::size_t>(Utf8SequenceLength(text), 1));
  }
  return characters;
}

}  // namespace

std::string CutMiddle(std::string text, int max_characters) {
  const auto limit = static_cast<std::size_t>(std::max(max_characters, 0));
  if (limit == 0 || text.size() <= limit) return text;
  const std::size_t characters = CountCharacters(text);
  if (characters <= limit) return text;
  if (limit < kEllipsis.size() + 2) return text.substr(0, BytesOfCharacters(text, limit));
  const std::size_t half = (limit - kEllipsis.size()) / 2;
  const std::size_t begin = BytesOfCharacters(text, half);
  const std::size_t end = BytesOfCharacters(text, characters - half);
  return text.replace(begin, end - begin, kEllipsis);
}

std::string FormatLogLine(std::string_view name, std::string_view message, int max_characters) {
  std::string line = StrCat(name, ": ", message);
  for (auto at = line.find('\n'); at != std::string::npos; at = line.find('\n', at)) {
    line.replace(at, 1, "#012");
  }
  return CutMiddle(std::move(line), max_characters);
}

LogLevel LogLevelOfWord(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 8> kLevels = {{
      {"debug", LogLevel::kDebug},
      {"info", LogLevel::kInfo},
      {"notset", LogLevel::kWarning},
      {"warn", LogLevel::kWarning},
      {"warning", LogLevel::kWarning},
      {"error", LogLevel::kError},
      {"critical", LogLevel::kCritical},
      {"fatal", LogLevel::kCritical},
  }};
  const std::string lower = AsciiLower(word);
  for (const auto& [name, level] : kLevels) {
    if (name == lower) return level;
  }
  return LogLevel::kInfo;
}

int SyslogFacilityOfWord(std::string_view word) {
  // In the order of their numbers.
  constexpr std::array<std::string_view, 24> kFacilities = {
      "LOG_KERN",   "LOG_USER",     "LOG_MAIL",    "LOG_DAEMON",  "LOG_AUTH",     "LOG_SYSLOG",
      "LOG_LPR",    "LOG_NEWS",     "LOG_UUCP",    "LOG_CRON",    "LOG_AUTHPRIV", "LOG_FTP",
      "LOG_NTP",    "LOG_SECURITY", "LOG_CONSOLE", "LOG_SOLCRON", "LOG_LOCAL0",   "LOG_LOCAL1",
      "LOG_LOCAL2", "LOG_LOCAL3",   "LOG_LOCAL4",  "LOG_LOCAL5",  "LOG_LOCAL6",   "LOG_LOCAL7"};
  constexpr int kLocal0 = 16;
  const auto found = std::find(kFacilities.begin(), kFacilities.end(), word);
  return found == kFacilities.end() ? kLocal0 : static_cast<int>(found - kFacilities.begin());
}

int SyslogSeverity(LogLevel level) {
  switch (level) {
    case LogLevel::kCritical: return 2;
    case LogLevel::kError: return 3;
    case LogLevel::kWarning: return 4;
    case LogLevel::kNotice: return 5;
    case LogLevel::kInfo: return 6;
    case LogLevel::kDebug: return 7;
  }
  return 4;
}

}  // namespace dbrepl
