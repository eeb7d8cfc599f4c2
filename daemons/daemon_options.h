// The options that every daemon of ours has in its configuration: where things lie on the node,
// where it logs and sends metrics, and its priority; declared once, with what their values mean.
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/log.h"
#include "common/statsd.h"
#include "daemons/option_table.h"

namespace dbrepl {

inline constexpr double kSecondsPerDay = 86'400;

// user, swift_dir, devices and mount_check, for [DEFAULT]. `who` is "server" or "replicator";
// `if_not_mounted` is what becomes of a device that is not ("refused (507)").
ConfOptionTable NodeOptionTable(std::string_view who, std::string_view if_not_mounted);

// nice_priority, ionice_class and ionice_priority, for [DEFAULT].
ConfOptionTable PriorityOptionTable();

// log_* for [DEFAULT]. `log_name` is the default of the option of that name; `at_debug` says what
// is logged at level DEBUG ("REPLICATE requests").
ConfOptionTable LogOptionTable(std::string_view log_name, std::string_view at_debug);

// From values of a table that holds LogOptionTable.
LogOptions LogOptionsFrom(const OptionValues& values);
StatsdOptions StatsdOptionsFrom(const OptionValues& values);

}  // namespace dbrepl
