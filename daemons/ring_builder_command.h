// One run of ring-builder: what was typed, the builder it is about, and where answers go. The
// commands are functions over this; each group has a file of its own (ring_builder_*.cc).
//
// Used by one thread, once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"
#include "daemons/options.h"
#include "daemons/ring_builder_files.h"
#include "ring/builder_file.h"

namespace dbrepl {

// What a command came to; its value is the exit code. Errors exit with 2.
enum class Outcome { kDone = 0, kNothingDone = 1 };

class RingBuilderRun {
 public:
  RingBuilderRun(BuilderPaths run_paths, CommandLine command_line)
      : paths(std::move(run_paths)), line(std::move(command_line)) {}

  const BuilderPaths paths;
  const CommandLine line;  // its words are those after the command
  LoadedBuilder loaded;    // for all commands but create

  Builder& builder() { return loaded.builder; }
  bool Json() const { return line.Has("json"); }

  // Prints one answer on stdout: `text` for people (with its newlines), `json` with --json.
  void Answer(std::string_view text, const JsonValue& json) const;
  // A remark on stderr.
  void Note(std::string_view text) const;

  // Saves a change of the builder, see SavePath.
  Result<> Save();
  // Where Save writes; remarks when that is not the file that was named.
  Result<std::string> SavePathWithNote() const;

  // --format-version: kBadInput for others than 1 and 2.
  Result<RingFormat> Format() const;
};

struct RingBuilderCommand {
  enum class Needs { kNothing, kBuilder, kBuilderAndLock };
  std::string_view name;
  std::string_view words;  // for the usage line
  std::string_view help;   // one line
  Needs needs = Needs::kBuilder;
  Result<Outcome> (*run)(RingBuilderRun&);
};

// The groups of commands.
Result<Outcome> ShowBuilder(RingBuilderRun& run);
Result<Outcome> SearchCommand(RingBuilderRun& run);
Result<Outcome> ListCommand(RingBuilderRun& run);
Result<Outcome> ListPartsCommand(RingBuilderRun& run);
Result<Outcome> DispersionCommand(RingBuilderRun& run);
Result<Outcome> ValidateCommand(RingBuilderRun& run);
Result<Outcome> CreateCommand(RingBuilderRun& run);
Result<Outcome> AddCommand(RingBuilderRun& run);
Result<Outcome> RemoveCommand(RingBuilderRun& run);
Result<Outcome> SetWeightCommand(RingBuilderRun& run);
Result<Outcome> SetRegionCommand(RingBuilderRun& run);
Result<Outcome> SetZoneCommand(RingBuilderRun& run);
Result<Outcome> SetInfoCommand(RingBuilderRun& run);
Result<Outcome> RebalanceCommand(RingBuilderRun& run);
Result<Outcome> WriteRingCommand(RingBuilderRun& run);
Result<Outcome> SetMinPartHoursCommand(RingBuilderRun& run);
Result<Outcome> SetReplicasCommand(RingBuilderRun& run);
Result<Outcome> SetOverloadCommand(RingBuilderRun& run);
Result<Outcome> PretendMinPartHoursPassedCommand(RingBuilderRun& run);

}  // namespace dbrepl
