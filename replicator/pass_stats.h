// The counts of a pass as recon shows them (swift-reference.md sections 5.4, 6.5 and 6.7). A
// database's visit yields such counts, and the pass adds them up; nobody shares counters.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/json.h"

namespace dbrepl {

// Names are recon's own. ts_repl and empty are always 0, there as here.
struct PassStats {
  std::int64_t attempted = 0;
  std::int64_t success = 0;  // peers by (replication_ip, device), not databases
  std::int64_t failure = 0;  // likewise
  std::int64_t no_change = 0;
  std::int64_t hashmatch = 0;
  std::int64_t rsync = 0;
  std::int64_t diff = 0;
  std::int64_t remove = 0;
  std::int64_t remote_merge = 0;
  std::int64_t diff_capped = 0;
  std::int64_t deferred = 0;
  // replication_ip -> device -> failures.
  std::map<std::string, std::map<std::string, std::int64_t>> failure_nodes{};

  // One failure of a peer, with its node named.
  void AddFailure(const std::string& replication_ip, const std::string& device);
  PassStats& operator+=(const PassStats& other);
  bool operator==(const PassStats&) const = default;
};

// The object `replication_stats`, keys and types as Swift's; `start` is seconds since 1970.
JsonValue ToJson(const PassStats& stats, double start_seconds);

// "diff:0 diff_capped:0 empty:0 hashmatch:0 no_change:0 remote_merge:0 rsync:0 ts_repl:0"
std::string CounterLine(const PassStats& stats);

}  // namespace dbrepl
