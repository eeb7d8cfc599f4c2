// What db-info knows about one database: read from its files without writing to them, and put into
// words. Plain data; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata.h"
#include "broker/replication_info.h"
#include "broker/shard_range.h"
#include "broker/sync_points.h"
#include "common/json.h"
#include "common/result.h"

namespace dbrepl {

struct PolicyCounts {
  std::optional<std::int64_t> container_count;  // accounts only, and not of old ones
  std::int64_t object_count = 0;
  std::int64_t bytes_used = 0;
};

struct DatabaseFacts {
  std::string db_file;   // the file that was read: of a sharding container the newest
  ReplicationInfo info;  // as the file has it, without pending records
  bool is_deleted = false;
  std::int64_t pending_bytes = 0;
  Metadata metadata;
  std::map<std::int64_t, PolicyCounts> policies;
  std::vector<SyncPoint> incoming;
  std::vector<SyncPoint> outgoing;

  // Containers only.
  bool is_root = true;
  std::string root_path;                 // empty when the metadata names none that could be
  std::vector<ShardRange> shard_ranges;  // not deleted, without its own
};

// Missing: kNotFound; not SQLite's or damaged: kCorrupt; neither an account nor a container:
// kBadInput. Locked by a writer for more than a few seconds: kBusy.
Result<DatabaseFacts> ReadDatabase(const std::string& path);

// What the cluster's configuration adds.
struct DatabasePlace {
  std::string hash;            // empty: no swift.conf
  std::string policy_name;     // "Unknown" when the index is in no section, empty: no swift.conf
  std::string locations_text;  // as get-nodes prints them; empty: no ring
  JsonValue locations;         // null: no ring
};

// The lines of swift-container-info and swift-account-info, then what these do not tell: policies,
// sync points, pending bytes.
std::string DatabaseText(const DatabaseFacts& facts, const DatabasePlace& place);

JsonValue DatabaseJson(const DatabaseFacts& facts, const DatabasePlace& place);

}  // namespace dbrepl
