// ring-builder: makes and rebalances rings, in place of swift-ring-builder.
#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>

#include "common/strings.h"
#include "daemons/ring_builder_command.h"

namespace dbrepl {
namespace {

constexpr int kExitError = 2;
constexpr std::string_view kProgram = "ring-builder";

const std::vector<RingBuilderCommand>& Commands() {
  using Needs = RingBuilderCommand::Needs;
  constexpr std::string_view kSearch = "SEARCH...";
  static const std::vector<RingBuilderCommand> commands = {
      {"create", "PART_POWER REPLICAS MIN_PART_HOURS", "a new builder with 2^PART_POWER partitions",
       Needs::kNothing, CreateCommand},
      {"add", "DEVICE WEIGHT [DEVICE WEIGHT...]",
       "adds devices; they get partitions at the next rebalance", Needs::kBuilderAndLock,
       AddCommand},
      {"remove", kSearch, "takes failed devices out at the next rebalance", Needs::kBuilderAndLock,
       RemoveCommand},
      {"set_weight", "SEARCH WEIGHT [SEARCH WEIGHT...]", "weight 0 drains a device",
       Needs::kBuilderAndLock, SetWeightCommand},
      {"set_info", "SEARCH CHANGE [SEARCH CHANGE...]",
       "changes addresses, names or meta; write_ring publishes it", Needs::kBuilderAndLock,
       SetInfoCommand},
      {"set_region", "SEARCH REGION [SEARCH REGION...]", "moves devices to a region",
       Needs::kBuilderAndLock, SetRegionCommand},
      {"set_zone", "SEARCH ZONE [SEARCH ZONE...]", "moves devices to a zone",
       Needs::kBuilderAndLock, SetZoneCommand},
      {"rebalance", "[--seed SEED] [--force] [--format-version 1|2]",
       "assigns partitions, writes builder and ring", Needs::kBuilderAndLock, RebalanceCommand},
      {"write_ring", "[--format-version 1|2]", "writes the ring file again", Needs::kBuilderAndLock,
       WriteRingCommand},
      {"search", kSearch, "shows matching devices", Needs::kBuilder, SearchCommand},
      {"list", "[SEARCH...]", "as search; all devices without a search", Needs::kBuilder,
       ListCommand},
      {"list_parts", kSearch, "partitions on matching devices", Needs::kBuilder, ListPartsCommand},
      {"validate", "", "whether every partition has its replicas on different devices",
       Needs::kBuilder, ValidateCommand},
      {"dispersion", "[PATTERN] [--verbose]", "where replicas are too close together",
       Needs::kBuilder, DispersionCommand},
      {"set_min_part_hours", "HOURS", "how long a moved partition stays put",
       Needs::kBuilderAndLock, SetMinPartHoursCommand},
      {"set_replicas", "REPLICAS", "may be fractional", Needs::kBuilderAndLock, SetReplicasCommand},
      {"set_overload", "OVERLOAD[%]", "how far distance may overrule weights",
       Needs::kBuilderAndLock, SetOverloadCommand},
      {"pretend_min_part_hours_passed", "", "lets all partitions move again; use with care",
       Needs::kBuilderAndLock, PretendMinPartHoursPassedCommand},
  };
  return commands;
}

const std::vector<OptionSpec>& Options() {
  static const std::vector<OptionSpec> options = {
      {"json", 0, "", "answers as JSON"},
      {"yes", 'y', "", "change several devices without asking"},
      {"seed", 's', "SEED", "rebalance: any text; the same seed gives the same ring"},
      {"force", 'f', "", "rebalance: save whatever changed; create: replace the builder"},
      {"format-version", 0, "1|2", "rebalance, write_ring: format of the ring (default 1)"},
      {"verbose", 'v', "", "dispersion: every tier"},
      {"id", 'u', "ID", "device id"},
      {"region", 'r', "REGION", "region"},
      {"zone", 'z', "ZONE", "zone"},
      {"ip", 'i', "IP", "address or host name"},
      {"port", 'p', "PORT", "port"},
      {"replication-ip", 'j', "IP", "address or host name of the replication network"},
      {"replication-port", 'q', "PORT", "port of the replication network"},
      {"device", 'd', "NAME", "mount name (sdb1)"},
      {"weight", 'w', "WEIGHT", "weight"},
      {"meta", 'm', "TEXT", "free text; a part of it when searching"},
      {"change-ip", 'I', "IP", "set_info: the new address"},
      {"change-port", 'P', "PORT", "set_info: the new port"},
      {"change-replication-ip", 'J', "IP", "set_info: the new replication address"},
      {"change-replication-port", 'Q', "PORT", "set_info: the new replication port"},
      {"change-device", 'D', "NAME", "set_info: the new mount name"},
      {"change-meta", 'M', "TEXT", "set_info: the new free text"},
      {"help", 'h', "", "this text"},
  };
  return options;
}

std::string Help() {
  std::string text =
      "Makes and rebalances rings: which device holds which replica of which partition.\n\n"
      "Usage: ring-builder FILE [COMMAND ...]\n\n"
      "FILE is a builder (x.builder), the ring x.ring.gz is written beside it. Swift's own "
      "builder\n"
      "files can be read too; they stay as they are, changes go to FILE.json. Without a command:\n"
      "the builder and its devices.\n\nCommands:\n";
  for (const RingBuilderCommand& command : Commands()) {
    text += StrCat("  ", command.name, command.words.empty() ? "" : " ", command.words, "\n      ",
                   command.help, "\n");
  }
  return StrCat(
      text,
      "\nDEVICE is r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_meta (region, zone, address, replication\n"
      "address, mount name, free text); r, R and meta are optional. SEARCH is\n"
      "d3r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_meta, every part optional; CHANGE has the parts "
      "from\n"
      "the address on. IPv6 stands in brackets: [fd00::1]:6201. Options name the same:\n"
      "--zone 2 --ip fd00::1.\n\nOptions:\n",
      DescribeOptions(Options()),
      "\nExit codes: 0 done, 1 nothing done (nothing matched, nothing to move), 2 error.\n\n"
      "Example:\n"
      "  ring-builder account.builder create 10 3 24\n"
      "  ring-builder account.builder add r1z1-10.0.0.1:6202/sda 100 r1z2-10.0.0.2:6202/sda 100 "
      "\\\n"
      "                                   r1z3-10.0.0.3:6202/sda 100\n"
      "  ring-builder account.builder rebalance\n");
}

Result<const RingBuilderCommand*> FindCommand(std::string_view name) {
  const auto& commands = Commands();
  const auto found =
      std::find_if(commands.begin(), commands.end(),
                   [&](const RingBuilderCommand& command) { return command.name == name; });
  if (found != commands.end()) return &*found;
  return Fail(Errc::kBadInput, StrCat("unknown command \"", Printable(name), "\""), "try --help");
}

Result<Outcome> RunCommand(const RingBuilderCommand& command, RingBuilderRun& run) {
  using Needs = RingBuilderCommand::Needs;
  std::optional<DirLock> lock;
  if (command.needs != Needs::kBuilder) {
    TRY_ASSIGN(lock, LockBuilderDirectory(run.paths));
  }
  if (command.needs != Needs::kNothing) {
    TRY_ASSIGN(run.loaded, ReadBuilderFile(run.paths.builder));
  }
  return command.run(run);
}

Result<int> Main(const std::vector<std::string>& arguments) {
  TRY_ASSIGN(CommandLine line, ParseCommandLine(Options(), arguments));
  if (line.Has("help")) {
    std::cout << Help();
    return 0;
  }
  if (line.words.empty()) return Fail(Errc::kBadInput, "no builder file was named", "try --help");
  static constexpr RingBuilderCommand kShow = {"", "", "", RingBuilderCommand::Needs::kBuilder,
                                               ShowBuilder};
  const RingBuilderCommand* command = &kShow;
  if (line.words.size() > 1) {
    TRY_ASSIGN(command, FindCommand(line.words[1]));
  }
  const BuilderPaths paths = BuilderPathsFor(line.words[0]);
  const bool redirected = paths.builder != line.words[0];
  line.words.erase(line.words.begin(),
                   line.words.begin() +
                       std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(line.words.size())));
  RingBuilderRun run(paths, std::move(line));
  if (redirected) run.Note(StrCat("using ", paths.builder, " as the builder file"));
  TRY_ASSIGN(const Outcome outcome, RunCommand(*command, run));
  return static_cast<int>(outcome);
}

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + std::max(argc, 1));
  try {
    const auto exit_code = dbrepl::Main(arguments);
    if (exit_code) {
      std::cout.flush();
      return std::cout ? *exit_code : dbrepl::kExitError;
    }
    std::cerr << dbrepl::DescribeForPerson(dbrepl::kProgram, exit_code.error());
  } catch (const std::exception& error) {
    std::cerr << dbrepl::kProgram << ": error: " << error.what() << '\n';
  }
  return dbrepl::kExitError;
}
