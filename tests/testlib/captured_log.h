// A logger whose lines a test can read. The lines may be read when no thread logs any more.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/log.h"

namespace dbrepl {

// Takes all levels. Each line is "<level letter> <message>": "E Can't find itself".
class CapturedLog {
 public:
  CapturedLog() {
    LogOptions options;
    options.name = "test";
    options.level = "DEBUG";
    options.to_syslog = false;
    options.listener = [this](LogLevel level, std::string_view line) {
      constexpr std::string_view kLetters = "DINWEC";
      constexpr std::string_view kName = "test: ";
      lines_.push_back(std::string(1, kLetters[static_cast<std::size_t>(level)]) + " " +
                       std::string(line.substr(kName.size())));
    };
    logger_ = MakeLogger(options).value();
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  const Logger& logger() const { return logger_; }
  const std::vector<std::string>& lines() const { return lines_; }
  // How many lines hold the text.
  std::ptrdiff_t Count(std::string_view text) const {
    return std::count_if(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }

 private:
  std::vector<std::string> lines_;
  Logger logger_;
};

}  // namespace dbrepl
