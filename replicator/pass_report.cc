#include "replicator/pass_report.h"

#include "common/strings.h"
#include "replicator/recon/recon_cache.h"
#include "replicator/recon/recon_write.h"

namespace dbrepl {
namespace {

void WriteRecon(const PassReport& report, const PassOptions& options) {
  const std::string file = ReconCacheFile(options.recon_cache_path, DbKindName(options.kind));
  const JsonValue::Object entries = {
      {"replication_stats", ToJson(report.stats, report.start_seconds)},
      {"replication_time", report.elapsed_seconds},
      {"replication_last", options.clock->NowSeconds()},
      {kProgressKey, JsonValue::Object{}}};
  if (const auto written = WriteReconCache(file, entries, options.logger); !written)
    options.logger.Error("Exception dumping recon cache: ", MessageWithHint(written.error()));
}

}  // namespace

void ReportPass(const PassReport& report, const PassOptions& options) {
  const Logger& log = options.logger;
  // Python's divisor, so that an instant pass has a rate, too.
  constexpr double kNotZero = 0.0000001;
  const double rate =
      static_cast<double>(report.stats.attempted) / (report.elapsed_seconds + kNotZero);
  log.Info("Attempted to replicate ", report.stats.attempted, " dbs in ",
           FixedDecimals(report.elapsed_seconds, 5), " seconds (", FixedDecimals(rate, 5), "/s)");
  log.Info("Removed ", report.stats.remove, " dbs");
  log.Info(report.stats.success, " successes, ", report.stats.failure, " failures");
  if (!options.dry_run) WriteRecon(report, options);
  log.Info(CounterLine(report.stats));
}

}  // namespace dbrepl
