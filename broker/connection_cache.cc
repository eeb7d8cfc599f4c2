#include "broker/connection_cache.h"

#include <algorithm>
#include <utility>

namespace dbrepl {

std::unique_ptr<Connection> ConnectionCache::Take(const std::string& path) {
  std::unique_ptr<Connection> taken;
  {
    const MutexLock lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& connection) {
      return connection->path() == path;
    });
    if (found == kept_.end()) return nullptr;
    taken = std::move(*found);
    kept_.erase(found);
  }
  // Opening may wait for a disk: not under the lock.
  if (!taken->Unpark()) return nullptr;
  return taken;
}

void ConnectionCache::Give(std::unique_ptr<Connection> connection) {
  if (connection == nullptr || capacity_ == 0 || !connection->Park()) return;
  std::unique_ptr<Connection> dropped;  // closed after the lock is given back
  const MutexLock lock(mutex_);
  kept_.push_front(std::move(connection));
  if (kept_.size() <= capacity_) return;
  dropped = std::move(kept_.back());
  kept_.pop_back();
}

std::size_t ConnectionCache::size() const {
  const MutexLock lock(mutex_);
  return kept_.size();
}

}  // namespace dbrepl
