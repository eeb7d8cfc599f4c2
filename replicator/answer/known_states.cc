#include "replicator/answer/known_states.h"

#include <algorithm>
#include <utility>

namespace dbrepl {

namespace {

// The primaries of a database are few; a hostile peer's inventions must not fill the memory.
constexpr std::size_t kMaxPoints = 8;

auto FindPoint(auto& points, std::string_view remote_id) {
  return std::find_if(points.begin(), points.end(),
                      [&](const SyncPoint& point) { return point.remote_id == remote_id; });
}

}  // namespace

std::optional<ReplicationState> KnownStates::Find(const std::string& path, const DatabaseTag& tag,
                                                  std::string_view remote_id) {
  const MutexLock lock(mutex_);
  const auto found = by_path_.find(path);
  if (found == by_path_.end() || found->second->tag != tag) return std::nullopt;
  Entry& entry = *found->second;
  const auto point = FindPoint(entry.points, remote_id);
  if (point == entry.points.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return ReplicationState{entry.info, point->sync_point};
}

void KnownStates::Remember(const std::string& path, const DatabaseTag& tag,
                           std::string_view remote_id, const ReplicationState& state) {
  Entry entry{path, tag, state.info, {}, 0};
  const MutexLock lock(mutex_);
  if (const auto found = by_path_.find(path); found != by_path_.end()) {
    if (found->second->tag == tag) entry.points = std::move(found->second->points);
    Drop(found->second);
  }
  const auto known = FindPoint(entry.points, remote_id);
  if (known != entry.points.end()) entry.points.erase(known);
  if (entry.points.size() == kMaxPoints) entry.points.erase(entry.points.begin());
  entry.points.push_back({std::string(remote_id), state.incoming_point});
  entry.bytes = BytesOf(entry);
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  by_path_[entries_.front().path] = entries_.begin();
  while (bytes_ > max_bytes_) Drop(std::prev(entries_.end()));
}

std::size_t KnownStates::BytesOf(const Entry& entry) {
  constexpr std::size_t kNodes = 128;  // of the list and the table, with the allocator's own
  constexpr std::size_t kTexts =
      256;  // ids, hash and timestamps that do not fit into their strings
  std::size_t points = 0;
  for (const SyncPoint& point : entry.points)
    points += 2 * sizeof(SyncPoint) + point.remote_id.capacity();
  return kNodes + kTexts + sizeof(Entry) + entry.path.capacity() + entry.info.account.capacity() +
         entry.info.container.capacity() + entry.info.metadata.capacity() + points;
}

void KnownStates::Drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_path_.erase(entry->path);
  entries_.erase(entry);
}

std::size_t KnownStates::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace dbrepl
