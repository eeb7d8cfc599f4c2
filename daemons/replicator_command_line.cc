#include "daemons/replicator_command_line.h"

#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "common/conf_value.h"
#include "common/files.h"
#include "common/python_text.h"
#include "common/strings.h"
#include "daemons/options.h"
#include "daemons/replicator_conf.h"
#include "daemons/version.h"

namespace dbrepl {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

const std::vector<OptionSpec>& Options() {
  static const std::vector<OptionSpec> options{
      {"once", 'o', "", "run one pass, then exit"},
      {"verbose", 'v', "", "write the log to standard error too"},
      {"devices", 'd', "NAMES", "only these devices, separated by commas; only with --once"},
      {"partitions", 'p', "NUMBERS",
       "only these partitions, separated by commas; only with --once"},
      {"dry-run", 0, "", "say what a pass would send, merge and remove, and change nothing"},
      {"print-config", 0, "", "show every option's value and where it comes from, and exit"},
      {"print-sample-config", 0, "", "show a configuration file with every option, and exit"},
      {"help", 'h', "", "show this and exit"},
      {"version", 0, "", "show the version and exit"},
  };
  return options;
}

std::string Usage(std::string_view program) {
  return StrCat("Usage: ", program, " CONFIG [options]\n");
}

std::string Help(DbKind kind, std::string_view program) {
  const std::string_view name = DbKindName(kind);
  return StrCat(
      "Brings the ", name,
      " databases of this node into agreement with their replicas on other nodes, hands\n"
      "off those that belong elsewhere, and tells recon and the log what it did.\n\n",
      Usage(program), "CONFIG is Swift's ", name,
      "-server.conf, or a folder of *.conf files. The words `once` and `verbose`\nbehind it are "
      "the same as the options.\n\nOptions:\n",
      DescribeOptions(Options()), "\nOptions in CONFIG, with defaults:\n",
      DescribeConfOptions(ReplicatorTable(kind)),
      "\nSignals: TERM and INT finish the databases at work, write recon and exit, a second one "
      "exits at\nonce; HUP reads CONFIG anew for the next pass; USR1 writes to the log how far the "
      "pass is.\n\nExit codes: 0 a pass was made or a signal ended the program, 1 it could not "
      "start, 2 wrong option.\n\n"
      "Example: ",
      program, " /etc/swift/", name, "-server.conf once\n");
}

// As Python's os.path.abspath: no link is followed, nothing need exist.
std::string AbsolutePath(const std::string& path) {
  std::error_code ignored;
  std::string absolute = std::filesystem::absolute(path, ignored).lexically_normal();
  while (absolute.size() > 1 && absolute.ends_with('/')) absolute.pop_back();
  return absolute;
}

EarlyExit WrongOption(std::string_view program, const Error& error) {
  return {kUsage, {}, StrCat(Usage(program), "\n", program, ": error: ", error.message, "\n")};
}

EarlyExit WrongConfig(std::string_view program, std::string_view problem) {
  return {kFailed, StrCat(Usage(program), "\nError: ", problem, "\n")};
}

ReplicatorCommand CommandFrom(const CommandLine& line) {
  const auto has = [&line](std::string_view name) {
    if (line.Has(name)) return true;
    for (std::size_t i = 1; i < line.words.size(); ++i)
      if (line.words[i] == name) return true;
    return false;
  };
  ReplicatorCommand command;
  command.conf_path = AbsolutePath(line.words.front());
  command.dry_run = has("dry-run");
  command.once = has("once") || command.dry_run;
  command.verbose = has("verbose");
  command.print_config = has("print-config");
  command.devices = line.Value("devices");
  command.partitions = line.Value("partitions");
  for (const std::string& word : line.words)
    if (word == "devices" || word == "partitions") command.word_without_value = word;
  return command;
}

}  // namespace

std::variant<ReplicatorCommand, EarlyExit> ParseReplicatorCommand(
    DbKind kind, const std::vector<std::string>& arguments) {
  const std::string program = arguments.empty() || arguments.front().empty()
                                  ? ReplicatorName(kind)
                                  : BaseName(arguments.front());
  const auto line = ParseCommandLine(
      Options(), {arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end()});
  if (!line) return WrongOption(program, line.error());
  if (line->Has("help")) return EarlyExit{kDone, Help(kind, program)};
  if (line->Has("version")) return EarlyExit{kDone, StrCat(program, " ", kVersion, "\n")};
  if (line->Has("print-sample-config")) return EarlyExit{kDone, ReplicatorSample(kind)};
  if (line->words.empty()) return WrongConfig(program, "missing config path argument");
  ReplicatorCommand command = CommandFrom(*line);
  if (::access(command.conf_path.c_str(), F_OK) != 0)
    return WrongConfig(program, StrCat("unable to locate ", command.conf_path));
  return command;
}

Result<Selection> SelectionFrom(const ReplicatorCommand& command) {
  if (!command.word_without_value.empty()) {
    return Fail(Errc::kBadInput,
                StrCat("the word ", command.word_without_value, " chooses nothing"),
                StrCat("write --", command.word_without_value, "=..."));
  }
  Selection selection;
  selection.devices = ConfList(command.devices);
  for (const std::string& text : ConfList(command.partitions)) {
    const auto number = PythonInt(text);
    if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
      return Fail(Errc::kBadInput,
                  StrCat("--partitions: not a partition's number: ", Printable(text)));
    }
    selection.partitions.push_back(static_cast<std::uint32_t>(*number));
  }
  return selection;
}

}  // namespace dbrepl
