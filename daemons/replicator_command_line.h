// The command line of the replicators: Swift's (swift-drop-in.md sections 1.1 and 1.2), and a few
// words of our own. Pure but for a look at whether the configuration is there.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "broker/db_kind.h"
#include "common/result.h"

namespace dbrepl {

struct ReplicatorCommand {
  std::string conf_path;  // absolute
  bool once = false;
  bool verbose = false;
  bool dry_run = false;       // then `once` is set too
  bool print_config = false;  // nothing else is done then
  // As given; empty: all. They count only in a single pass.
  std::string devices;
  std::string partitions;
  // "devices" or "partitions", where that was a word without dashes; Swift fails on it.
  std::string word_without_value;
};

// What to say, and how to end, instead of running.
struct EarlyExit {
  int code = 0;
  std::string out{};
  std::string err{};
};

// `arguments` is the whole command line, the program's name first: the name in usage lines. Words
// after CONFIG that are long names of switches turn them on, others are ignored. No CONFIG, or one
// that does not exist: exit code 1; an option that does not exist: 2; --help and the like: 0.
std::variant<ReplicatorCommand, EarlyExit> ParseReplicatorCommand(
    DbKind kind, const std::vector<std::string>& arguments);

// What --devices and --partitions choose, separated by commas; empty: all. Text that is no number
// of a partition, and `word_without_value`: kBadInput.
struct Selection {
  std::vector<std::string> devices;
  std::vector<std::uint32_t> partitions;
};
Result<Selection> SelectionFrom(const ReplicatorCommand& command);

}  // namespace dbrepl
