// What a replicator is told by its configuration and its surroundings (swift-reference.md section
// 6.2); the same for every database of a pass. Plain data, built by daemons/, read by all workers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "broker/db_kind.h"
#include "common/clock.h"
#include "common/hash_path.h"
#include "common/log.h"
#include "common/random.h"
#include "common/statsd.h"

namespace dbrepl {

// Beside each field stands its key in the configuration.
struct PassOptions {
  DbKind kind = DbKind::kContainer;
  std::string devices = "/srv/node";  // devices: the folder of all devices, absolute
  bool mount_check = true;            // mount_check
  std::string bind_ip = "0.0.0.0";    // bind_ip: which addresses are ours
  int bind_port = 6201;               // bind_port: compared with a device's replication_port
  std::size_t concurrency = 8;        // concurrency: databases at work at a time
  int per_diff = 1000;                // per_diff: rows of one merge_items
  int max_diffs = 100;                // max_diffs: merge_items for one peer in one visit
  double databases_per_second = 50;   // databases_per_second: 0 and below: unlimited
  std::chrono::milliseconds node_timeout{10'000};     // node_timeout
  std::chrono::milliseconds conn_timeout{500};        // conn_timeout
  double reclaim_age_seconds = 604'800;               // reclaim_age
  bool rsync_compress = false;                        // rsync_compress: across regions only
  std::string rsync_module;                           // rsync_module: template, no '/' at its end
  bool handoffs_only = false;                         // handoffs_only
  int handoff_delete = 0;                             // handoff_delete: 0 (auto): all primaries
  std::string recon_cache_path = "/var/cache/swift";  // recon_cache_path
  bool has_several_policies = false;                  // swift.conf has more than one storage policy
  HashPathConfig hash_path;                           // swift.conf

  // Of this run (command line; --once only): empty means all.
  std::vector<std::string> only_devices;
  std::vector<std::uint32_t> only_partitions;
  bool dry_run = false;  // say what would be done, change nothing anywhere

  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  Logger logger;
  StatsdClient* statsd = nullptr;  // null: no metrics
};

}  // namespace dbrepl
