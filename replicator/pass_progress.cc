#include "replicator/pass_progress.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "common/strings.h"

namespace dbrepl {
namespace {

// Peers named in a log line; recon has all.
constexpr std::size_t kMaxPeersNamed = 10;

// "10.0.0.2/sdb1: 12, 10.0.0.3/sdb1: 3", those with most failures first.
std::string WorstPeers(const PassStats& stats) {
  std::vector<std::pair<std::int64_t, std::string>> peers;
  for (const auto& [ip, devices] : stats.failure_nodes)
    for (const auto& [device, count] : devices) peers.emplace_back(-count, StrCat(ip, "/", device));
  std::sort(peers.begin(), peers.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(peers.size(), kMaxPeersNamed); ++i)
    text += StrCat(i == 0 ? "" : ", ", peers[i].second, ": ", -peers[i].first);
  if (peers.size() > kMaxPeersNamed)
    text += StrCat(" and ", peers.size() - kMaxPeersNamed, " more peers");
  return text;
}

}  // namespace

void PassProgress::Begin() {
  State begun;
  begun.has_begun = true;
  begun.running = true;
  begun.start_seconds = clock_.NowSeconds();
  begun.start = clock_.SteadyNow();
  MutexLock lock(mutex_);
  state_ = std::move(begun);
}

void PassProgress::Add(const PassStats& stats) {
  MutexLock lock(mutex_);
  state_.stats += stats;
}

void PassProgress::OnVisited(const PassStats& stats, double walked_fraction) {
  MutexLock lock(mutex_);
  state_.stats += stats;
  ++state_.done;
  // Visits end in another order than they began.
  state_.fraction = std::max(state_.fraction, std::clamp(walked_fraction, 0.0, 1.0));
}

void PassProgress::End(Ending ending) {
  MutexLock lock(mutex_);
  state_.running = false;
  state_.end = clock_.SteadyNow();
  if (ending == Ending::kComplete) last_total_ = state_.done;
}

PassStats PassProgress::stats() const {
  MutexLock lock(mutex_);
  return state_.stats;
}

PassProgress::Figures PassProgress::Compute(const State& state, std::int64_t last_total) const {
  const auto until = state.running ? clock_.SteadyNow() : state.end;
  const double elapsed = std::chrono::duration<double>(until - state.start).count();
  const double done = static_cast<double>(state.done);
  const double rate = elapsed > 0 ? done / elapsed : 0;
  // What lies ahead is as dense as in the last pass; without one, as behind us.
  double estimated = done;
  if (state.running && last_total >= 0)
    estimated += (1 - state.fraction) * static_cast<double>(last_total);
  else if (state.running && state.fraction > 0)
    estimated = done / state.fraction;
  const bool is_known = !state.running || ((last_total >= 0 || state.fraction > 0) && rate > 0);
  const double remaining = is_known && rate > 0 ? (estimated - done) / rate : 0;
  return {elapsed, rate, std::llround(estimated), is_known ? remaining : -1};
}

std::string PassProgress::Describe() const {
  mutex_.Lock();
  const State state = state_;
  const std::int64_t last_total = last_total_;
  mutex_.Unlock();
  if (!state.has_begun) return "No replication run yet";

  const Figures figures = Compute(state, last_total);
  std::string text = state.running ? "Replication run: " : "Last replication run: ";
  text += StrCat(state.done);
  if (state.running) text += StrCat(" of about ", figures.estimated);
  text += StrCat(" dbs in ", FixedDecimals(figures.elapsed_seconds, 1), " seconds (",
                 FixedDecimals(figures.rate, 1), "/s)");
  if (state.running && figures.remaining_seconds >= 0)
    text += StrCat(", about ", FixedDecimals(figures.remaining_seconds, 0), " seconds left");
  text += StrCat("; ", state.stats.success, " successes, ", state.stats.failure, " failures");
  if (!state.stats.failure_nodes.empty()) text += StrCat(" (", WorstPeers(state.stats), ")");
  return text;
}

JsonValue PassProgress::ToJson() const {
  mutex_.Lock();
  const State state = state_;
  const std::int64_t last_total = last_total_;
  mutex_.Unlock();
  const Figures figures = Compute(state, last_total);
  // Recon's own names for what both have.
  const JsonValue counts = dbrepl::ToJson(state.stats, state.start_seconds);
  const bool knows_rest = state.has_begun && figures.remaining_seconds >= 0;
  return JsonValue::Object{
      {"running", state.running},
      {"start", state.start_seconds},
      {"updated", clock_.NowSeconds()},
      {"done", state.done},
      {"estimated", figures.estimated},
      {"rate", figures.rate},
      {"remaining", knows_rest ? JsonValue(figures.remaining_seconds) : JsonValue()},
      {"success", *counts.Find("success")},
      {"failure", *counts.Find("failure")},
      {"failure_nodes", *counts.Find("failure_nodes")}};
}

}  // namespace dbrepl
