// What a REPLICATE request does to the databases of this node: the receiving half of replication,
// without sockets. Swift-reference.md section 4; docs/COMPATIBILITY.md says where the answers
// differ from Swift's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "broker/connection_cache.h"
#include "broker/db_kind.h"
#include "common/clock.h"
#include "common/conf_value.h"
#include "common/hash_path.h"
#include "common/log.h"
#include "common/random.h"
#include "replicator/answer/known_states.h"
#include "replicator/answer/swift_replicators.h"
#include "replicator/shared/replaced_files.h"
#include "replicator/shared/wire_values.h"
#include "rpc/http_message.h"
#include "rpc/request_handler.h"

namespace dbrepl {

// What one request may ask for. Beyond them: 400, a log line, and nothing is merged.
struct ReplicateLimits {
  std::size_t max_body_bytes = std::size_t{64} << 20;
  std::int64_t max_rows = 200'000;         // of one merge_items; Swift's default per_diff is 1000
  std::int64_t max_shard_ranges = 50'000;  // of one merge_shard_ranges
  std::int64_t max_sync_points = 50'000;   // of one merge_syncs
  // How far ahead of this node's clock a timestamp may be; later ones are not merged.
  std::chrono::seconds max_clock_ahead = kMaxClockAhead;
};

struct ReplicateOptions {
  DbKind kind = DbKind::kContainer;
  std::string devices = "/srv/node";             // the folder of all devices, absolute
  bool mount_check = true;                       // a device that is no mount point: 507
  BytesOrPercent fallocate_reserve = {1, true};  // less free on the device: 507
  HashPathConfig hash_path;  // a received file must hold the database whose hash the request names
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  Logger logger;
  ReplicateLimits limits;
  std::chrono::milliseconds lock_timeout{25'000};     // for SQLite's locks
  std::chrono::milliseconds pending_timeout{10'000};  // for the directory's lock
  std::size_t kept_connections = 128;  // to databases visited last, each some 100 KB of memory
  // Memory for what was last read of databases (known_states.h), some 1.2 KB each.
  std::size_t known_states_bytes = std::size_t{16} << 20;
  // How long files that rsync_then_merge replaced stay locked (replaced_files.h).
  std::chrono::seconds keep_replaced_files{120};
};

// Thread-safe: any number of requests at a time. Requests of one key (OrderFor) must be handled one
// after the other.
class ReplicateService {
 public:
  explicit ReplicateService(ReplicateOptions options);

  // Never blocks. The key is "<device>/<hash>", or the target as it stands when it has none. Long:
  // work on a received file, and bodies of 64 KiB or more.
  WorkOrder OrderFor(const HttpRequest& request) const;

  // Answers a request whose method is REPLICATE; may block on disk and locks. The target is
  // percent-decoded here. Never throws; what fails inside is 500 with a log line. Content-Type is
  // set, length and date are not.
  // All answers say whose they are (own_peer.h).
  HttpResponse Handle(const HttpRequest& request) const;

  const ReplicateOptions& options() const { return options_; }

 private:
  HttpResponse Answer(const HttpRequest& request) const;

  const ReplicateOptions options_;
  mutable ConnectionCache connections_;
  mutable KnownStates known_states_;
  mutable SwiftReplicators swift_replicators_;
  mutable ReplacedFiles replaced_files_;  // gives connections back to the former
};

}  // namespace dbrepl
