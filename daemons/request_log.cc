#include "daemons/request_log.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "common/percent.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

// "21/Nov/2026:05:20:11 +0000"; month names do not follow the locale.
std::string LogTime(std::time_t now) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  const auto two = [](int number) { return StrCat(number < 10 ? "0" : "", number); };
  return StrCat(two(utc.tm_mday), "/", kMonths[static_cast<std::size_t>(utc.tm_mon)], "/",
                utc.tm_year + 1900, ":", two(utc.tm_hour), ":", two(utc.tm_min), ":",
                two(utc.tm_sec), " +0000");
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

// Headers come from the network: quoted as Swift quotes them, so that no line can be forged.
std::string HeaderOrDash(const HttpHeaders& headers, std::string_view name) {
  const std::string* value = headers.Find(name);
  return OrDash(value == nullptr ? "" : Printable(*value));
}

}  // namespace

std::string AccessLine(const AccessRecord& record, std::time_t now, int process_id) {
  const HttpRequestHead& request = *record.request;
  const std::string_view target = request.target;
  const std::string path = PercentEncode(PercentDecode(target.substr(0, target.find('?'))));
  const double seconds = record.duration.count();
  return StrCat(OrDash(record.client_address), " - - [", LogTime(now), "] \"",
                Printable(request.method), " ", OrDash(path), "\" ", record.status, " ",
                record.content_length == 0 ? "-" : StrCat(record.content_length), " \"",
                HeaderOrDash(request.headers, "Referer"), "\" \"",
                HeaderOrDash(request.headers, "X-Trans-Id"), "\" \"",
                HeaderOrDash(request.headers, "User-Agent"), "\" ", FixedDecimals(seconds, 4),
                " \"", OrDash(record.additional_info), "\" ", process_id, " ",
                HeaderOrDash(request.headers, "X-Backend-Storage-Policy-Index"));
}

RequestLog::RequestLog(DbKind kind, bool log_requests, Logger logger, StatsdClient& statsd)
    : kind_(kind), log_requests_(log_requests), logger_(std::move(logger)), statsd_(statsd) {}

void RequestLog::Answered(const AccessRecord& record) const {
  Write(record);
  const std::string& method = record.request->method;
  // Swift's container server sends one in a hundred of these.
  std::optional<double> sample_rate;
  if (method == "REPLICATE" && kind_ == DbKind::kContainer) sample_rate = 0.01;
  const std::chrono::duration<double, std::milli> time = record.duration;
  statsd_.Timing(StrCat(method, record.status / 100 == 5 ? ".errors.timing" : ".timing"),
                 time.count(), sample_rate);
}

void RequestLog::Refused(std::string_view client_address, int status,
                         std::string_view problem) const {
  logger_.Warning("refused (", status, ") what ", client_address, " sends: ", Printable(problem));
}

void RequestLog::Forwarded(const AccessRecord& record) const { Write(record); }

void RequestLog::Write(const AccessRecord& record) const {
  const LogLevel level = record.request->method == "REPLICATE" ? LogLevel::kDebug : LogLevel::kInfo;
  if (!log_requests_ || !logger_.Enabled(level)) return;
  logger_.Log(level, AccessLine(record, std::time(nullptr), ::getpid()));
}

}  // namespace dbrepl
