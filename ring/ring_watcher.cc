#include "ring/ring_watcher.h"

#include <utility>

#include <sys/stat.h>

namespace dbrepl {

bool RingWatcher::FileState::operator==(const FileState& other) const {
  return exists == other.exists && modified.tv_sec == other.modified.tv_sec &&
         modified.tv_nsec == other.modified.tv_nsec && size == other.size && inode == other.inode;
}

RingWatcher::RingWatcher(std::string path, OnError on_error, const Clock& clock,
                         std::chrono::nanoseconds reload_time)
    : path_(std::move(path)),
      on_error_(std::move(on_error)),
      clock_(clock),
      reload_time_(reload_time) {}

Result<std::unique_ptr<RingWatcher>> RingWatcher::Open(std::string path, OnError on_error,
                                                       const Clock& clock,
                                                       std::chrono::nanoseconds reload_time) {
  std::unique_ptr<RingWatcher> watcher(
      new RingWatcher(std::move(path), std::move(on_error), clock, reload_time));
  MutexLock lock(watcher->mutex_);
  // Looks before it reads: a file replaced in between is seen as changed the next time.
  watcher->seen_ = watcher->Look();
  watcher->next_look_ = clock.SteadyNow() + reload_time;
  TRY_ASSIGN(watcher->ring_, Ring::Load(watcher->path_));
  return watcher;
}

RingWatcher::FileState RingWatcher::Look() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return {};
  return {true, status.st_mtim, status.st_size, status.st_ino};
}

std::shared_ptr<const Ring> RingWatcher::Get() {
  MutexLock lock(mutex_);
  if (const auto now = clock_.SteadyNow(); now >= next_look_) {
    next_look_ = now + reload_time_;
    Reload();
  }
  return ring_;
}

void RingWatcher::Reload() {
  const FileState state = Look();
  if (state == seen_) return;
  seen_ = state;
  Result<std::shared_ptr<const Ring>> ring = Ring::Load(path_);
  if (ring) {
    ring_ = *std::move(ring);
  } else if (on_error_) {
    on_error_(ring.error());
  }
}

}  // namespace dbrepl
