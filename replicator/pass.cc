#include "replicator/pass.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/spare_connections.h"
#include "common/files.h"
#include "common/stop_sleep.h"
#include "common/strings.h"
#include "replicator/brakes.h"
#include "replicator/dry_run/dry_run.h"
#include "replicator/local_devices.h"
#include "replicator/peer_round.h"
#include "replicator/post_visit.h"
#include "replicator/progress_writer.h"
#include "replicator/rate_limiter.h"
#include "replicator/replicate_database.h"
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

void PrintToStdout(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::vector<DeviceId> WalkedIds(const LocalDevices& local) {
  std::vector<DeviceId> ids;
  for (const LocalDevice& device : local.devices)
    if (!device.datadir.empty()) ids.push_back(device.id);
  return ids;
}

class Pass {
 public:
  Pass(const PassTools& tools, const std::stop_token& stop)
      : tools_(tools),
        options_(tools.options),
        stop_(stop),
        brakes_(options_.logger),
        spares_(threads()) {}

  PassReport Run();

 private:
  void WarnOfHandoffModes(std::string_view beginning, std::string_view end) const;
  // What was left half done before this time (seconds since 1970) goes.
  double OldBefore() const;
  void CleanTmp(const LocalDevices& local) const;
  DatadirWalk MakeWalk(const LocalDevices& local) const;
  void VisitAll(DatadirWalk& walk);
  PassStats Visit(const Ring& ring, const FoundDatabase& found);
  // What a visit that threw counts as.
  PassStats FailureOfPrimaries(const Ring& ring, const FoundDatabase& found) const;
  void ReplicateReconcilers();
  bool IsPartial() const {
    return stop_.stop_requested() || !options_.only_devices.empty() ||
           !options_.only_partitions.empty();
  }
  VisitTools VisitingTools() {
    return {options_, tools_.ask, tools_.files,
            brakes_,  stop_,      post_visit_ ? &*post_visit_ : nullptr,
            &spares_};
  }

  std::size_t threads() const { return std::max<std::size_t>(options_.concurrency, 1); }

  const PassTools& tools_;
  const PassOptions& options_;
  const std::stop_token stop_;
  Brakes brakes_;
  SpareConnections spares_;
  std::optional<PostVisit> post_visit_;  // for containers
  std::optional<DryRun> dry_run_;        // when nothing is to be changed
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
  if (options_.dry_run) {
    dry_run_.emplace(DryRunTools{options_, tools_.ask, brakes_, stop_,
                                 tools_.print ? tools_.print : PrintToStdout});
  } else if (options_.kind == DbKind::kContainer) {
    post_visit_.emplace(options_, WalkedIds(local), stop_);
  }
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
  if (dry_run_) dry_run_->Finish();
  ReportPass(report, options_);
  if (!report.was_stopped) ReplicateReconcilers();
  return report;
}

void Pass::WarnOfHandoffModes(std::string_view beginning, std::string_view end) const {
  if (options_.handoffs_only || options_.handoff_delete != 0)
    options_.logger.Warning(beginning, " ", end);
}

double Pass::OldBefore() const {
  return options_.clock->NowSeconds() - options_.reclaim_age_seconds;
}

void Pass::CleanTmp(const LocalDevices& local) const {
  if (options_.dry_run) return;
  const double before = OldBefore();
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
  DatadirWalk::OnNoDatabase remove_remains;
  if (!options_.dry_run) {
    remove_remains = [before = OldBefore()](const std::string& hash_directory) {
      RemoveOldRemains(hash_directory, before);
    };
  }
  return DatadirWalk(std::move(roots), is_wanted, *options_.random, options_.logger,
                     !options_.dry_run, remove_remains);
}

void Pass::VisitAll(DatadirWalk& walk) {
  std::optional<ProgressWriter> writer;
  if (!options_.dry_run) writer.emplace(options_, tools_.progress);
  RateLimiter limiter(options_.databases_per_second);
  VisitPool pool(threads(), stop_, options_.logger);
  while (auto found = walk.Next(stop_)) {
    const auto wait = limiter.Reserve(options_.clock->SteadyNow());
    if (wait > wait.zero() && !SleepUnlessStopped(wait, stop_)) break;
    // A ring that changes is seen here; each visit keeps the one it began with.
    auto visit = [this, ring = tools_.ring.Get(), found = *std::move(found),
                  fraction = WalkedFraction(walk)] {
      tools_.progress.OnVisited(Visit(*ring, found), fraction);
    };
    if (!pool.Submit(std::move(visit))) break;
  }
  pool.Finish();
}

PassStats Pass::Visit(const Ring& ring, const FoundDatabase& found) {
  std::string problem;
  try {
    if (dry_run_) return dry_run_->Visit(ring, found);
    return ReplicateDatabase(VisitingTools(), ring, found);
  } catch (const std::exception& exception) {
    problem = exception.what();
  } catch (...) {
    problem = "unknown exception";
  }
  options_.logger.Error("ERROR replicating db ", found.path, ": ", problem);
  return FailureOfPrimaries(ring, found);
}

PassStats Pass::FailureOfPrimaries(const Ring& ring, const FoundDatabase& found) const {
  PassStats stats;
  stats.attempted = 1;
  CountFailureOfEach(ring.PrimaryNodes(found.partition), stats);
  if (options_.statsd != nullptr) options_.statsd->Increment("failures");
  return stats;
}

void Pass::ReplicateReconcilers() {
  if (!post_visit_) return;
  post_visit_->AfterWalk([this](const std::vector<FoundDatabase>& databases) {
    VisitPool pool(threads(), stop_, options_.logger);
    for (const FoundDatabase& found : databases)
      pool.Submit([this, ring = tools_.ring.Get(), found] { Visit(*ring, found); });
    pool.Finish();
  });
}

}  // namespace

PassReport RunPass(const PassTools& tools, const std::stop_token& stop) {
  return Pass(tools, stop).Run();
}

}  // namespace dbrepl
