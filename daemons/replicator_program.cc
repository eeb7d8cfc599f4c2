#include "daemons/replicator_program.h"

#include <iostream>
#include <utility>

#include <unistd.h>

#include "common/strings.h"
#include "daemons/daemon_process.h"
#include "daemons/replicator_command_line.h"
#include "daemons/replicator_daemon.h"
#include "daemons/replicator_setup.h"

namespace dbrepl {
namespace {

enum ExitCode { kDone = 0, kFailed = 1 };

// Without the program's name in front: the words that Swift's replicators end with.
int Complain(DbKind kind, const Error& error) {
  std::cerr << error.message << "\n";
  if (!error.hint.empty()) std::cerr << ReplicatorName(kind) << ": hint: " << error.hint << "\n";
  std::cerr << std::flush;
  return kFailed;
}

Result<ReplicatorSetup> LoadAnew(const ReplicatorCommand& command, DbKind kind) {
  TRY_ASSIGN(const ConfSettings settings, LoadReplicatorSettings(command.conf_path, kind));
  TRY_ASSIGN(const Logger logger, ReplicatorLogger(settings, kind, command.verbose));
  return LoadReplicatorSetup(settings, kind, logger);
}

// What Swift's daemons do to themselves before they work, in their order; the streams come last.
Result<> BecomeDaemon(const ReplicatorSetup& setup) {
  const OptionValues& values = setup.conf.values;
  const auto priority = SetPriority(values.Text("nice_priority"), values.Text("ionice_class"),
                                    values.Text("ionice_priority"));
  if (!priority) setup.logger.Warning("priority stays as it is: ", priority.error().message);
  RaiseFileLimit();
  TRY(SwitchUser(values.Text("user")));
  LeaveStartersEnvironment();
  UseFewArenas();
  KeepFreedMemory();
  return {};
}

Result<> Run(DbKind kind, const ReplicatorCommand& command, const ConfSettings& settings,
             const Logger& logger) {
  TRY_ASSIGN(ReplicatorSetup setup, LoadReplicatorSetup(settings, kind, logger));
  ReplicatorDaemonOptions options;
  options.once = command.once || !setup.conf.daemonize;
  if (options.once) {
    TRY_ASSIGN(Selection selection, SelectionFrom(command));
    setup.conf.pass.only_devices = std::move(selection.devices);
    setup.conf.pass.only_partitions = std::move(selection.partitions);
  }
  setup.conf.pass.dry_run = command.dry_run;
  TRY(BecomeDaemon(setup));
  options.reload = [&] { return LoadAnew(command, kind); };
  options.on_ready = [&] {
    // A dry run has something to say.
    if (!command.dry_run)
      CloseStandardStreams(command.verbose ? KeepStderr::kYes : KeepStderr::kNo);
    NotifyServiceManager("READY=1");
  };
  return RunReplicator(std::move(setup), options);
}

int Start(DbKind kind, const ReplicatorCommand& command) {
  const auto settings = LoadReplicatorSettings(command.conf_path, kind);
  if (!settings) return Complain(kind, settings.error());
  if (command.print_config) {
    const auto conf = ReplicatorConfFrom(*settings, kind);
    if (!conf) return Complain(kind, conf.error());
    std::cout << conf->values.Print() << std::flush;
    return kDone;
  }
  const auto logger = ReplicatorLogger(*settings, kind, command.verbose);
  if (!logger) return Complain(kind, logger.error());
  logger->Notice("Starting ", ::getpid());
  const auto done = Run(kind, command, *settings, *logger);
  if (!done) {
    // With --verbose the log is on standard error already.
    logger->Critical(done.error().message);
    return command.verbose ? kFailed : Complain(kind, done.error());
  }
  logger->Notice("Exited ", ::getpid());
  return kDone;
}

}  // namespace

int ReplicatorMain(DbKind kind, const std::vector<std::string>& arguments) {
  const auto parsed = ParseReplicatorCommand(kind, arguments);
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    std::cout << early->out << std::flush;
    std::cerr << early->err << std::flush;
    return early->code;
  }
  return Start(kind, std::get<ReplicatorCommand>(parsed));
}

}  // namespace dbrepl
