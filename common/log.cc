#include "common/log.h"

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "common/log_line.h"
#include "common/syslog_socket.h"

namespace dbrepl {
namespace {

// spdlog has six levels, too; only their names differ (it knows no notice), and names are ours.
spdlog::level::level_enum ToSpdlog(LogLevel level) {
  return static_cast<spdlog::level::level_enum>(level);
}
LogLevel FromSpdlog(spdlog::level::level_enum level) { return static_cast<LogLevel>(level); }
static_assert(static_cast<int>(LogLevel::kDebug) == SPDLOG_LEVEL_TRACE);
static_assert(static_cast<int>(LogLevel::kCritical) == SPDLOG_LEVEL_CRITICAL);

std::string_view View(spdlog::string_view_t text) { return {text.data(), text.size()}; }

class LineFormatter final : public spdlog::formatter {
 public:
  LineFormatter(int max_characters, std::string_view ending)
      : max_characters_(max_characters), ending_(ending) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string line =
        FormatLogLine(View(message.logger_name), View(message.payload), max_characters_);
    out.append(line.data(), line.data() + line.size());
    out.append(ending_.data(), ending_.data() + ending_.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(max_characters_, ending_);
  }

 private:
  int max_characters_;
  std::string_view ending_;
};

// What all sinks of ours have in common: they get the finished line.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  virtual void Write(LogLevel level, std::string_view line) = 0;

 private:
  void sink_it_(const spdlog::details::log_msg& message) final {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    Write(FromSpdlog(message.level), {line.data(), line.size()});
  }
  void flush_() final {}
};

class SyslogSink final : public LineSink {
 public:
  SyslogSink(SyslogSocket socket, int facility, std::string name)
      : socket_(std::move(socket)), facility_(facility), name_(std::move(name)) {}

 private:
  SyslogSocket::Outcome Send(LogLevel level, std::string_view line) {
    const int priority = facility_ * 8 + SyslogSeverity(level);
    return socket_.Send(StrCat("<", priority, ">", line, '\0'));
  }

  void Write(LogLevel level, std::string_view line) override {
    constexpr int kFitsEverySocket = 2000;  // characters
    auto outcome = Send(level, line);
    if (outcome == SyslogSocket::Outcome::kTooLong) {
      outcome = Send(level, CutMiddle(std::string(line), kFitsEverySocket));
    }
    if (outcome != SyslogSocket::Outcome::kSent) {
      ++lost_;
    } else if (lost_ > 0) {
      const std::string report =
          StrCat(name_, ": ", lost_, " log lines were lost, syslog did not take them");
      if (Send(LogLevel::kWarning, report) == SyslogSocket::Outcome::kSent) lost_ = 0;
    }
  }

  SyslogSocket socket_;
  int facility_;
  std::string name_;
  std::uint64_t lost_ = 0;
};

class ListenerSink final : public LineSink {
 public:
  explicit ListenerSink(decltype(LogOptions::listener) listener) : listener_(std::move(listener)) {}

 private:
  void Write(LogLevel level, std::string_view line) override { listener_(level, line); }

  decltype(LogOptions::listener) listener_;
};

Result<SyslogSocket> OpenSyslog(const LogOptions& options) {
  if (options.udp_host.empty()) return SyslogSocket::ToPath(options.address);
  auto socket = SyslogSocket::ToHost(options.udp_host, options.udp_port);
  if (socket) return socket;
  Error error = std::move(socket).error();
  error.code = Errc::kBadInput;
  return Fail(std::move(error).Within("log_udp_host or log_udp_port"));
}

Result<std::vector<spdlog::sink_ptr>> OpenSinks(const LogOptions& options) {
  std::vector<spdlog::sink_ptr> sinks;
  const auto add = [&](spdlog::sink_ptr sink, std::string_view ending) {
    sink->set_formatter(std::make_unique<LineFormatter>(options.max_line_length, ending));
    sinks.push_back(std::move(sink));
  };
  if (options.to_syslog) {
    TRY_ASSIGN(SyslogSocket socket, OpenSyslog(options));
    const int facility = SyslogFacilityOfWord(options.facility);
    add(std::make_shared<SyslogSink>(std::move(socket), facility, options.name), "");
  }
  if (options.to_stderr) add(std::make_shared<spdlog::sinks::stderr_sink_mt>(), "\n");
  if (options.listener) add(std::make_shared<ListenerSink>(options.listener), "");
  return sinks;
}

}  // namespace

struct Logger::Core {
  spdlog::logger log;
};

void Logger::Log(LogLevel level, std::string_view message) const {
  if (!Enabled(level)) return;
  std::string text = StrCat(prefix_, message);
  if (!transaction_.empty() && text.find(transaction_) == std::string::npos)
    text += StrCat(" (txn: ", transaction_, ")");
  core_->log.log(ToSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

Logger Logger::About(std::string_view entity) const {
  Logger about = *this;
  about.prefix_ = StrCat(prefix_, entity, ": ");
  return about;
}

Logger Logger::ForTransaction(std::string_view id) const {
  constexpr std::size_t kMaxIdBytes = 256;
  Logger logger = *this;
  logger.transaction_ = Printable(id.substr(0, kMaxIdBytes));
  return logger;
}

Result<Logger> MakeLogger(const LogOptions& options) {
  TRY_ASSIGN(const auto sinks, OpenSinks(options));
  Logger logger;
  logger.threshold_ = LogLevelOfWord(options.level);
  logger.core_ = std::make_shared<Logger::Core>(
      Logger::Core{spdlog::logger(options.name, sinks.begin(), sinks.end())});
  logger.core_->log.set_level(spdlog::level::trace);  // Enabled() has decided before
  return logger;
}

}  // namespace dbrepl
