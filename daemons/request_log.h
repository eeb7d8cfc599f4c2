// One line and one metric for each request, as Swift's storage servers write them
// (swift-reference.md sections 6.5 and 6.6). Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "broker/db_kind.h"
#include "common/log.h"
#include "common/statsd.h"
#include "rpc/http_message.h"

namespace dbrepl {

struct AccessRecord {
  std::string client_address{};
  const HttpRequestHead* request = nullptr;
  int status = 0;
  std::uint64_t content_length = 0;  // of the answer's body
  std::chrono::duration<double> duration{};
  std::string additional_info{};  // who answered, if not this server
};

// The line that Swift's default log_format makes: address, time, method and path, status, length,
// referer, transaction, user agent, seconds, additional info, process, policy; "-" for what is
// empty or 0.
std::string AccessLine(const AccessRecord& record, std::time_t now, int process_id);

class RequestLog {
 public:
  // With log_requests off only metrics are sent.
  RequestLog(DbKind kind, bool log_requests, Logger logger, StatsdClient& statsd);

  // A request that this server answered itself: REPLICATE at debug level, others at info, and its
  // time as "<method>.timing" or, for 5xx, "<method>.errors.timing".
  void Answered(const AccessRecord& record) const;
  // What came from there was no request, or too much of one: a warning, whatever log_requests says.
  void Refused(std::string_view client_address, int status, std::string_view problem) const;
  // A request that another server answered (and counted).
  void Forwarded(const AccessRecord& record) const;

 private:
  void Write(const AccessRecord& record) const;

  const DbKind kind_;
  const bool log_requests_;
  const Logger logger_;
  StatsdClient& statsd_;
};

}  // namespace dbrepl
