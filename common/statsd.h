// Counters and timings for a StatsD daemon, as Swift's daemons send them.
//
// One datagram each: "<prefix.><name>.<metric>:<value>|c" or "|ms", with "|@<rate>" when only a
// share of the events is sent. swift-reference.md section 6.6. Nothing here waits for the daemon.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/log.h"
#include "common/random.h"
#include "common/result.h"
#include "common/udp_address.h"

namespace dbrepl {

// Beside each field stands its key in the configuration.
struct StatsdOptions {
  std::string host;                  // log_statsd_host; empty: nothing is sent
  int port = 8125;                   // log_statsd_port
  std::string metric_prefix;         // log_statsd_metric_prefix; may be empty
  std::string name;                  // log_name; may be empty
  double default_sample_rate = 1.0;  // log_statsd_default_sample_rate
  double sample_rate_factor = 1.0;   // log_statsd_sample_rate_factor
};

// What tests replace; clock and random must outlive the client.
struct StatsdSeams {
  const Clock& clock = SystemClock();
  Random& random = SystemRandom();
  std::function<Result<UdpAddress>(const std::string& host, int port, AddressChoice choice)>
      resolve = ResolveUdp;
};

// Thread-safe. Failures are logged once and otherwise silent. The host is resolved when the client
// is made; as long as that fails, again once a minute, which delays the one thread that does it.
class StatsdClient {
 public:
  // Sends nothing.
  StatsdClient();
  // May ask the resolver.
  StatsdClient(const StatsdOptions& options, Logger logger, const StatsdSeams& seams = {});
  ~StatsdClient();
  StatsdClient(StatsdClient&&) noexcept;
  StatsdClient& operator=(StatsdClient&&) noexcept;

  // Each takes the share of events to send, 0..1; the default is default_sample_rate. Both are
  // multiplied with sample_rate_factor.
  void Increment(std::string_view metric, std::optional<double> sample_rate = {});
  void Timing(std::string_view metric, double milliseconds, std::optional<double> sample_rate = {});

 private:
  class Sender;
  std::unique_ptr<Sender> sender_;  // nullptr: sends nothing
};

}  // namespace dbrepl
