#include "daemons/replicator_setup.h"

#include <utility>

#include "common/conf.h"
#include "common/strings.h"
#include "daemons/daemon_options.h"

namespace dbrepl {

Result<ConfSettings> LoadReplicatorSettings(const std::string& conf_path, DbKind kind) {
  return LoadDaemonConf(conf_path, ReplicatorName(kind));
}

Result<Logger> ReplicatorLogger(const ConfSettings& settings, DbKind kind, bool verbose) {
  TRY_ASSIGN(
      const OptionValues values,
      OptionValues::Resolve(LogOptionTable(ReplicatorName(kind), ""),
                            [&](const ConfOption& option) { return settings.Find(option.name); }));
  LogOptions log = LogOptionsFrom(values);
  log.to_stderr = verbose;
  return MakeLogger(log);
}

Result<ReplicatorSetup> LoadReplicatorSetup(const ConfSettings& settings, DbKind kind,
                                            const Logger& logger) {
  ReplicatorSetup setup;
  setup.logger = logger;
  TRY_ASSIGN(setup.conf, ReplicatorConfFrom(settings, kind));
  setup.statsd = StatsdOptionsFrom(setup.conf.values);
  TRY_ASSIGN(setup.ring, RingWatcher::Open(setup.conf.ring_path(), [logger](const Error& error) {
               logger.Error("ring: ", error.message, "; the ring as it was stays in use");
             }));
  TRY_ASSIGN(SwiftConf swift_conf,
             LoadSwiftConf(SwiftConfBeside(setup.conf.values.Text("swift_dir"))));
  PassOptions& pass = setup.conf.pass;
  pass.hash_path = std::move(swift_conf.hash_path);
  pass.has_several_policies = swift_conf.policies.all().size() > 1;
  pass.logger = logger;
  return setup;
}

}  // namespace dbrepl
