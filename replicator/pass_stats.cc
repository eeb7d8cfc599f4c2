#include "replicator/pass_stats.h"

#include <utility>

#include "common/strings.h"

namespace dbrepl {

void PassStats::AddFailure(const std::string& replication_ip, const std::string& device) {
  ++failure;
  ++failure_nodes[replication_ip][device];
}

PassStats& PassStats::operator+=(const PassStats& other) {
  attempted += other.attempted;
  success += other.success;
  failure += other.failure;
  no_change += other.no_change;
  hashmatch += other.hashmatch;
  rsync += other.rsync;
  diff += other.diff;
  remove += other.remove;
  remote_merge += other.remote_merge;
  diff_capped += other.diff_capped;
  deferred += other.deferred;
  for (const auto& [ip, devices] : other.failure_nodes) {
    for (const auto& [device, failures] : devices) failure_nodes[ip][device] += failures;
  }
  return *this;
}

JsonValue ToJson(const PassStats& stats, double start_seconds) {
  JsonValue::Object nodes;
  for (const auto& [ip, devices] : stats.failure_nodes) {
    JsonValue::Object counts;
    for (const auto& [device, failures] : devices) counts.emplace_back(device, failures);
    nodes.emplace_back(ip, std::move(counts));
  }
  return JsonValue::Object{
      {"attempted", stats.attempted},
      {"success", stats.success},
      {"failure", stats.failure},
      {"ts_repl", 0},
      {"no_change", stats.no_change},
      {"hashmatch", stats.hashmatch},
      {"rsync", stats.rsync},
      {"diff", stats.diff},
      {"remove", stats.remove},
      {"empty", 0},
      {"remote_merge", stats.remote_merge},
      {"start", start_seconds},
      {"diff_capped", stats.diff_capped},
      {"deferred", stats.deferred},
      {"failure_nodes", std::move(nodes)},
  };
}

std::string CounterLine(const PassStats& stats) {
  return StrCat("diff:", stats.diff, " diff_capped:", stats.diff_capped,
                " empty:0 hashmatch:", stats.hashmatch, " no_change:", stats.no_change,
                " remote_merge:", stats.remote_merge, " rsync:", stats.rsync, " ts_repl:0");
}

}  // namespace dbrepl
