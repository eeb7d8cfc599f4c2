#include "daemons/replicator_conf.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "common/strings.h"
#include "replicator/rsync_module.h"

namespace dbrepl {
namespace {

constexpr int kDefaultMaxDiffs = 100;
// A server of ours takes no more than twice as many in one request.
constexpr int kMostPerDiff = 100'000;

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

bool IsSet(const ConfSettings& settings, std::string_view name) {
  const ConfSetting* setting = settings.Find(name);
  return setting != nullptr && !setting->value.empty();
}

// run_pause counts only where interval is not set.
void FillInterval(const ConfSettings& settings, const std::string& name, ReplicatorConf& conf) {
  const bool has_interval = IsSet(settings, "interval");
  const bool has_run_pause = IsSet(settings, "run_pause");
  conf.interval_seconds =
      conf.values.Number(!has_interval && has_run_pause ? "run_pause" : "interval");
  if (settings.Find("run_pause") == nullptr) return;
  if (settings.Find("interval") != nullptr) {
    conf.warnings.push_back(
        StrCat("Option ", name, "/run_pause is deprecated and ", name,
               "/interval is already configured. You can safely remove run_pause; it is now "
               "ignored and will be removed in a future version."));
  } else {
    conf.warnings.push_back(StrCat("Option ", name,
                                   "/run_pause is deprecated and will be removed in a future "
                                   "version. Update your configuration to use option ",
                                   name, "/interval."));
  }
}

void FillLimits(ReplicatorConf& conf) {
  const std::int64_t per_diff = conf.values.Int("per_diff");
  conf.pass.per_diff = static_cast<int>(std::min<std::int64_t>(per_diff, kMostPerDiff));
  if (per_diff > kMostPerDiff) {
    conf.warnings.push_back(StrCat("per_diff: ", kMostPerDiff, " instead of ", per_diff,
                                   ", for a request holds no more rows"));
  }
  const std::int64_t max_diffs = conf.values.Int("max_diffs");
  conf.pass.max_diffs = max_diffs == 0 ? kDefaultMaxDiffs : static_cast<int>(max_diffs);
}

std::string RsyncModule(const OptionValues& values, DbKind kind) {
  std::string module = values.Text("rsync_module");
  while (module.ends_with('/')) module.pop_back();
  return module.empty() ? StrCat("{replication_ip}::", DbKindName(kind)) : module;
}

void FillPass(DbKind kind, ReplicatorConf& conf) {
  const OptionValues& values = conf.values;
  PassOptions& pass = conf.pass;
  pass.kind = kind;
  pass.devices = values.Text("devices");
  pass.mount_check = values.Bool("mount_check");
  pass.bind_ip = values.Text("bind_ip");
  pass.bind_port = static_cast<int>(values.Int("bind_port"));
  pass.concurrency = static_cast<std::size_t>(values.Int("concurrency"));
  pass.databases_per_second = values.Number("databases_per_second");
  pass.node_timeout = Milliseconds(values.Number("node_timeout"));
  pass.conn_timeout = Milliseconds(values.Number("conn_timeout"));
  pass.reclaim_age_seconds = values.Number("reclaim_age");
  pass.rsync_compress = values.Bool("rsync_compress");
  pass.rsync_module = RsyncModule(values, kind);
  pass.handoffs_only = values.Bool("handoffs_only");
  pass.handoff_delete = static_cast<int>(values.Int("handoff_delete"));
  pass.recon_cache_path = values.Text("recon_cache_path");
}

}  // namespace

std::string ReplicatorName(DbKind kind) { return StrCat(DbKindName(kind), "-replicator"); }

std::string ReplicatorConf::ring_path() const {
  return StrCat(values.Text("swift_dir"), "/", DbKindName(pass.kind), ".ring.gz");
}

Result<ReplicatorConf> ReplicatorConfFrom(const ConfSettings& settings, DbKind kind) {
  ReplicatorConf conf;
  TRY_ASSIGN(conf.values,
             OptionValues::Resolve(ReplicatorTable(kind), [&](const ConfOption& option) {
               return settings.Find(option.name);
             }));
  conf.daemonize = conf.values.Bool("daemonize");
  FillPass(kind, conf);
  TRY(ValidateRsyncModule(conf.pass.rsync_module));
  FillLimits(conf);
  FillInterval(settings, ReplicatorName(kind), conf);
  return conf;
}

}  // namespace dbrepl
