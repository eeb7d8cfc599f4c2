#include "daemons/daemon_options.h"

#include <utility>

#include "common/strings.h"

namespace dbrepl {

ConfOptionTable NodeOptionTable(std::string_view who, std::string_view if_not_mounted) {
  return {
      {.name = "user",
       .section = "DEFAULT",
       .otherwise = "swift",
       .sentence = StrCat("Who the ", who, " is when it works: the owner of the databases.")},
      {.name = "swift_dir",
       .section = "DEFAULT",
       .otherwise = "/etc/swift",
       .sentence = "Folder of the rings, and of swift.conf if it is there; else "
                   "/etc/swift/swift.conf is read."},
      {.name = "devices",
       .section = "DEFAULT",
       .otherwise = "/srv/node",
       .sentence = "Folder in which the devices are mounted."},
      {.name = "mount_check",
       .section = "DEFAULT",
       .kind = OptionKind::kBoolean,
       .otherwise = "true",
       .sentence = StrCat("Whether a device that is not mounted is ", if_not_mounted,
                          ". Turn it off only where devices are plain folders, as in tests.")},
  };
}

ConfOptionTable PriorityOptionTable() {
  return {
      {.name = "nice_priority",
       .section = "DEFAULT",
       .sentence = "Scheduling priority, -20 (first) to 19 (last); empty: as started."},
      {.name = "ionice_class",
       .section = "DEFAULT",
       .sentence = "IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE; empty: as started."},
      {.name = "ionice_priority",
       .section = "DEFAULT",
       .sentence = "0 (first) to 7 (last) within the ionice_class."},
  };
}

namespace {

ConfOptionTable LineOptions(std::string_view log_name, std::string_view at_debug) {
  return {
      {.name = "log_name",
       .section = "DEFAULT",
       .otherwise = std::string(log_name),
       .sentence = "First word of every log line and of every metric."},
      {.name = "log_facility",
       .section = "DEFAULT",
       .otherwise = "LOG_LOCAL0",
       .sentence = "Syslog facility."},
      {.name = "log_level",
       .section = "DEFAULT",
       .otherwise = "INFO",
       .sentence = StrCat("DEBUG, INFO, NOTICE, WARNING, ERROR or CRITICAL. ", at_debug,
                          " are logged at DEBUG.")},
      {.name = "log_address",
       .section = "DEFAULT",
       .otherwise = "/dev/log",
       .sentence = "Syslog's socket."},
      {.name = "log_udp_host",
       .section = "DEFAULT",
       .sentence = "Syslog over UDP instead of log_address."},
      {.name = "log_udp_port",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "514",
       .sentence = "Port at log_udp_host.",
       .minimum = 1,
       .maximum = 65535},
      {.name = "log_max_line_length",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "0",
       .sentence = "Characters of a log line; longer ones lose their middle. 0: no limit.",
       .minimum = 0,
       .maximum = 1e9},
  };
}

ConfOptionTable MetricOptions() {
  return {
      {.name = "log_statsd_host",
       .section = "DEFAULT",
       .sentence = "Host that takes metrics; empty: none are sent."},
      {.name = "log_statsd_port",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "8125",
       .sentence = "Port at log_statsd_host.",
       .minimum = 1,
       .maximum = 65535},
      {.name = "log_statsd_metric_prefix",
       .section = "DEFAULT",
       .sentence = "Put before the name of every metric, with a dot."},
      {.name = "log_statsd_default_sample_rate",
       .section = "DEFAULT",
       .kind = OptionKind::kNumber,
       .otherwise = "1.0",
       .sentence = "Share of the events that is sent, where a metric has no rate of its own.",
       .minimum = 0,
       .maximum = 1},
      {.name = "log_statsd_sample_rate_factor",
       .section = "DEFAULT",
       .kind = OptionKind::kNumber,
       .otherwise = "1.0",
       .sentence = "Every rate is multiplied with this; lower it on busy nodes.",
       .minimum = 0,
       .maximum = 1},
  };
}

}  // namespace

ConfOptionTable LogOptionTable(std::string_view log_name, std::string_view at_debug) {
  ConfOptionTable table = LineOptions(log_name, at_debug);
  for (ConfOption& option : MetricOptions()) table.push_back(std::move(option));
  return table;
}

LogOptions LogOptionsFrom(const OptionValues& values) {
  LogOptions log;
  log.name = values.Text("log_name");
  log.level = values.Text("log_level");
  log.facility = values.Text("log_facility");
  log.address = values.Text("log_address");
  log.udp_host = values.Text("log_udp_host");
  log.udp_port = static_cast<int>(values.Int("log_udp_port"));
  log.max_line_length = static_cast<int>(values.Int("log_max_line_length"));
  return log;
}

StatsdOptions StatsdOptionsFrom(const OptionValues& values) {
  StatsdOptions statsd;
  statsd.host = values.Text("log_statsd_host");
  statsd.port = static_cast<int>(values.Int("log_statsd_port"));
  statsd.metric_prefix = values.Text("log_statsd_metric_prefix");
  statsd.name = values.Text("log_name");
  statsd.default_sample_rate = values.Number("log_statsd_default_sample_rate");
  statsd.sample_rate_factor = values.Number("log_statsd_sample_rate_factor");
  return statsd;
}

}  // namespace dbrepl
