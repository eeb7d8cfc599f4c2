#include "broker/spare_connections.h"

#include <utility>

namespace dbrepl {

Result<std::unique_ptr<Connection>> SpareConnections::Take(const std::string& path,
                                                           std::chrono::milliseconds lock_timeout) {
  // Few schemas are about at a time: those of the Swift releases that made the databases.
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::unique_ptr<Connection> spare = TakeFirst();
    if (spare == nullptr) return nullptr;
    spare->set_lock_timeout(lock_timeout);
    auto moved = spare->MoveTo(path);
    if (!moved && moved.error().code == Errc::kBusy) return Fail(std::move(moved).error());
    if (!moved) return nullptr;
    if (*moved) return spare;
    Keep(std::move(spare), false);
  }
  return nullptr;
}

void SpareConnections::Give(std::unique_ptr<Connection> connection) {
  if (connection == nullptr || capacity_ == 0) return;
  connection->set_lock_timeout(std::chrono::milliseconds(0));  // a spare is not worth waiting for
  if (connection->Leave()) Keep(std::move(connection), true);
}

std::unique_ptr<Connection> SpareConnections::TakeFirst() {
  const MutexLock lock(mutex_);
  if (spares_.empty()) return nullptr;
  std::unique_ptr<Connection> first = std::move(spares_.front());
  spares_.pop_front();
  return first;
}

void SpareConnections::Keep(std::unique_ptr<Connection> spare, bool as_first) {
  std::unique_ptr<Connection> dropped;  // closed after the lock is given back
  const MutexLock lock(mutex_);
  spares_.insert(as_first ? spares_.begin() : spares_.end(), std::move(spare));
  if (spares_.size() <= capacity_) return;
  dropped = std::move(spares_.back());
  spares_.pop_back();
}

std::size_t SpareConnections::size() const {
  const MutexLock lock(mutex_);
  return spares_.size();
}

}  // namespace dbrepl
