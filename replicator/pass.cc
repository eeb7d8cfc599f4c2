#include "replicator/pass.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/files.h"
#include "common/stop_sleep.h"
#include "common/strings.h"
#include "replicator/brakes.h"
#include "replicator/local_devices.h"
#include "replicator/progress_writer.h"
#include "replicator/rate_limiter.h"
#include "replicator/tmp_janitor.h"
#include "replicator/visit_pool.h"
#include "replicator/walk.h"

namespace dbrepl {
namespace {

// How much of the walk lies behind.
double WalkedFraction(const DatadirWalk& walk) {
  if (walk.partitions() == 0) return 1;
  return static_cast<double>(walk.partitions_done()) / static_cast<double>(walk.partitions());
}

class Pass {
 public:
  Pass(const PassTools& tools, const std::stop_token& stop)
      : tools_(tools), options_(tools.options), stop_(stop), brakes_(options_.logger) {}

  PassReport Run();

 private:
  void WarnOfHandoffModes(std::string_view beginning, std::string_view end) const;
  void CleanTmp(const LocalDevices& local) const;
  DatadirWalk MakeWalk(const LocalDevices& local) const;
  void VisitAll(DatadirWalk& walk);
  void Visit(const Ring& ring, const FoundDatabase& found, double walked_fraction);
  // What a visit that threw counts as.
  PassStats FailureOfPrimaries(const Ring& ring, const FoundDatabase& found) const;
  bool IsPartial() const {
    return stop_.stop_requested() || !options_.only_devices.empty() ||
           !options_.only_partitions.empty();
  }
  VisitTools Tools() { return {options_, tools_.ask, tools_.files, brakes_, stop_}; }

  const PassTools& tools_;
  const PassOptions& options_;
  const std::stop_token stop_;
  Brakes brakes_;
};

PassReport Pass::Run() {
  PassReport report;
  report.start_seconds = options_.clock->NowSeconds();
  const auto start = options_.clock->SteadyNow();
  tools_.progress.Begin();
  const LocalDevices local = FindLocalDevices(options_, *tools_.ring.Get());
  if (!local.has_addresses) {
    tools_.progress.End(PassProgress::Ending::kIncomplete);
    return report;
  }
  tools_.progress.Add(local.failures);
  WarnOfHandoffModes("Starting replication pass with handoffs_only and/or handoffs_delete enabled.",
                     "These modes are not intended for normal operation; use these options with "
                     "care.");
  CleanTmp(local);
  options_.logger.Info("Beginning replication run");
  DatadirWalk walk = MakeWalk(local);
  VisitAll(walk);
  report.was_stopped = stop_.stop_requested();
  if (report.was_stopped) options_.logger.Notice("Stopped early. ", tools_.progress.Describe());
  tools_.progress.End(IsPartial() ? PassProgress::Ending::kIncomplete
                                  : PassProgress::Ending::kComplete);
  options_.logger.Info("Replication run OVER");
  WarnOfHandoffModes("Finished replication pass with handoffs_only and/or handoffs_delete enabled.",
                     "If these are no longer required, disable them.");
  report.stats = tools_.progress.stats();
  const std::chrono::duration<double> elapsed = options_.clock->SteadyNow() - start;
  report.elapsed_seconds = elapsed.count();
  ReportPass(report, options_);
  if (tools_.after_walk && !report.was_stopped) tools_.after_walk(Tools(), *tools_.ring.Get());
  return report;
}

void Pass::WarnOfHandoffModes(std::string_view beginning, std::string_view end) const {
  if (options_.handoffs_only || options_.handoff_delete != 0)
    options_.logger.Warning(beginning, " ", end);
}

void Pass::CleanTmp(const LocalDevices& local) const {
  if (options_.dry_run) return;
  const double before = options_.clock->NowSeconds() - options_.reclaim_age_seconds;
  for (const LocalDevice& device : local.devices)
    if (const int removed = RemoveOldArrivals(device.path, before); removed > 0)
      options_.logger.Debug("Removed ", removed, " old files from ", device.path, "/tmp");
}

DatadirWalk Pass::MakeWalk(const LocalDevices& local) const {
  std::vector<WalkRoot> roots;
  for (const LocalDevice& device : local.devices)
    if (!device.datadir.empty()) roots.push_back({device.datadir, device.id});
  const auto is_wanted = [this,
                          only = std::set<std::uint32_t>(options_.only_partitions.begin(),
                                                         options_.only_partitions.end()),
                          ring = tools_.ring.Get()](DeviceId device, PartitionId partition) {
    if (!only.empty() && !only.contains(partition.value())) return false;
    return !options_.handoffs_only || !ring->PrimaryNodes(partition).Contains(device);
  };
  return DatadirWalk(std::move(roots), is_wanted, *options_.random, options_.logger,
                     !options_.dry_run);
}

void Pass::VisitAll(DatadirWalk& walk) {
  std::optional<ProgressWriter> writer;
  if (!options_.dry_run) writer.emplace(options_, tools_.progress);
  RateLimiter limiter(options_.databases_per_second);
  VisitPool pool(std::max<std::size_t>(options_.concurrency, 1), stop_, options_.logger);
  while (auto found = walk.Next(stop_)) {
    const auto wait = limiter.Reserve(options_.clock->SteadyNow());
    if (wait > wait.zero() && !SleepUnlessStopped(wait, stop_)) break;
    // A ring that changes is seen here; each visit keeps the one it began with.
    auto visit = [this, ring = tools_.ring.Get(), found = *std::move(found),
                  fraction = WalkedFraction(walk)] { Visit(*ring, found, fraction); };
    if (!pool.Submit(std::move(visit))) break;
  }
  pool.Finish();
}

void Pass::Visit(const Ring& ring, const FoundDatabase& found, double walked_fraction) {
  PassStats stats;
  std::string problem;
  try {
    if (!options_.dry_run)
      RemoveOldConstructions(DirName(found.path),
                             options_.clock->NowSeconds() - options_.reclaim_age_seconds);
    stats = ReplicateDatabase(Tools(), ring, found).stats;
  } catch (const std::exception& exception) {
    problem = exception.what();
  } catch (...) {
    problem = "unknown exception";
  }
  if (!problem.empty()) {
    options_.logger.Error("ERROR replicating db ", found.path, ": ", problem);
    stats = FailureOfPrimaries(ring, found);
  }
  tools_.progress.OnVisited(stats, walked_fraction);
}

PassStats Pass::FailureOfPrimaries(const Ring& ring, const FoundDatabase& found) const {
  PassStats stats;
  stats.attempted = 1;
  for (const Device* device : ring.PrimaryNodes(found.partition))
    stats.AddFailure(device->replication_ip, device->device);
  if (options_.statsd != nullptr) options_.statsd->Increment("failures");
  return stats;
}

}  // namespace

PassReport RunPass(const PassTools& tools, std::stop_token stop) { return Pass(tools, stop).Run(); }

}  // namespace dbrepl
