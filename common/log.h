// Log lines as Swift's daemons write them: to syslog, for people also to stderr.
//
// A line is "<name>: <message>" with newlines as "#012". swift-reference.md section 6.5. Nothing
// here waits for a syslog daemon that is away or stuck longer than a tenth of a second in all:
// lines are lost instead, and counted in the log once it listens again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/strings.h"

namespace dbrepl {

// In rising order. Who must act: critical and error the operator now, warning the operator soon;
// notice is start and stop, info the milestones of a pass, debug every database.
enum class LogLevel { kDebug, kInfo, kNotice, kWarning, kError, kCritical };

// Beside each field stands its key in the configuration; texts are taken as they stand there.
struct LogOptions {
  std::string name = "swift";           // log_name
  std::string level = "INFO";           // log_level; any case, unknown words mean INFO
  std::string facility = "LOG_LOCAL0";  // log_facility; unknown words mean LOG_LOCAL0
  std::string address = "/dev/log";     // log_address; no socket there: UDP to localhost:514
  std::string udp_host;                 // log_udp_host; when set, log_address is not used
  int udp_port = 514;                   // log_udp_port
  int max_line_length = 0;              // log_max_line_length; characters, 0 and below: unlimited
  bool to_syslog = true;                // false for tools
  bool to_stderr = false;               // -v, --verbose
  // Also called with every line that is written; never by two threads at once.
  std::function<void(LogLevel, std::string_view line)> listener;
};

// A handle that is cheap to copy; copies write to the same places. Thread-safe. What a call with a
// level below the threshold costs is one comparison: pieces are not put together.
class Logger {
 public:
  Logger() = default;  // writes nothing

  bool Enabled(LogLevel level) const { return core_ != nullptr && level >= threshold_; }
  void Log(LogLevel level, std::string_view message) const;

  // The message is StrCat of the pieces.
  template <class... Pieces>
  void Debug(const Pieces&... pieces) const {
    LogPieces(LogLevel::kDebug, pieces...);
  }
  template <class... Pieces>
  void Info(const Pieces&... pieces) const {
    LogPieces(LogLevel::kInfo, pieces...);
  }
  template <class... Pieces>
  void Notice(const Pieces&... pieces) const {
    LogPieces(LogLevel::kNotice, pieces...);
  }
  template <class... Pieces>
  void Warning(const Pieces&... pieces) const {
    LogPieces(LogLevel::kWarning, pieces...);
  }
  template <class... Pieces>
  void Error(const Pieces&... pieces) const {
    LogPieces(LogLevel::kError, pieces...);
  }
  template <class... Pieces>
  void Critical(const Pieces&... pieces) const {
    LogPieces(LogLevel::kCritical, pieces...);
  }

  // A logger whose messages begin with "<entity>: ", for all that is said about one database or
  // peer. Of a logger that has an entity already: "<outer>: <entity>: ".
  Logger About(std::string_view entity) const;
  // A logger whose lines end in " (txn: <id>)" unless they hold the id anyway, for all that is said
  // about one request, as in Swift's servers. An id is made printable and cut at 256 bytes, for it
  // comes from the network; empty: nothing is added.
  Logger ForTransaction(std::string_view id) const;

 private:
  friend Result<Logger> MakeLogger(const LogOptions& options);
  struct Core;

  template <class... Pieces>
  void LogPieces(LogLevel level, const Pieces&... pieces) const {
    if (Enabled(level)) Log(level, StrCat(pieces...));
  }

  std::shared_ptr<Core> core_;
  LogLevel threshold_ = LogLevel::kInfo;
  std::string prefix_;
  std::string transaction_;
};

// A logger that writes where the options say. Syslog need not be there. log_udp_host that does not
// resolve, log_udp_port outside 1..65535: kBadInput (Swift's daemons do not start either).
Result<Logger> MakeLogger(const LogOptions& options);

}  // namespace dbrepl
