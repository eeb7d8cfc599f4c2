// What databases said of themselves when they were last read, for answering `sync` again without
// opening them: most databases of a cluster do not change between two passes. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/replication_info.h"
#include "broker/sync_points.h"
#include "common/mutex.h"
#include "replicator/answer/database_files.h"

namespace dbrepl {

class KnownStates {
 public:
  // Keeps what fits into so many bytes of memory; what nobody asked for longest goes first.
  explicit KnownStates(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // nullopt when nothing is known of the database in exactly this state, or of this peer.
  std::optional<ReplicationState> Find(const std::string& path, const DatabaseTag& tag,
                                       std::string_view remote_id);

  // `state` was read after `tag`. States under other tags are forgotten.
  void Remember(const std::string& path, const DatabaseTag& tag, std::string_view remote_id,
                const ReplicationState& state);

  std::size_t bytes() const;

 private:
  struct Entry {
    std::string path;
    DatabaseTag tag;
    ReplicationInfo info;
    std::vector<SyncPoint> points;  // of the peers that have asked
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;

  static std::size_t BytesOf(const Entry& entry);
  void Drop(Entries::iterator entry) REQUIRES(mutex_);

  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);  // the last one asked for first
  std::unordered_map<std::string_view, Entries::iterator> by_path_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace dbrepl
