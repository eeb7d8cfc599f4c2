// A ring that follows its file: reloaded when the file changes, kept when the new file is bad.
//
// Thread-safe. Whoever holds a ring it gave keeps that one; a pass that must not change its mind
// asks once. Swift's reload rules: swift-reference.md section 2.7, except that a bad new file never
// stops a caller.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>

#include "common/clock.h"
#include "common/mutex.h"
#include "common/result.h"
#include "ring/ring.h"

namespace dbrepl {

class RingWatcher {
 public:
  // Swift's reload_time.
  static constexpr std::chrono::seconds kReloadTime{15};
  // Told once about each bad file (or a missing one), and called with the lock held: log, return.
  using OnError = std::function<void(const Error&)>;

  // Loads the ring; Ring::Load's errors. `clock` must outlive the watcher.
  static Result<std::unique_ptr<RingWatcher>> Open(
      std::string path, OnError on_error, const Clock& clock = SystemClock(),
      std::chrono::nanoseconds reload_time = kReloadTime);

  // The ring as the file has it, at most reload_time old; looks at the file no more often than
  // that. Never null.
  std::shared_ptr<const Ring> Get();

 private:
  // What tells one state of the file from another. Swift looks at the time only.
  struct FileState {
    bool exists = false;
    timespec modified{};
    off_t size = 0;
    ino_t inode = 0;
    bool operator==(const FileState& other) const;
  };

  RingWatcher(std::string path, OnError on_error, const Clock& clock,
              std::chrono::nanoseconds reload_time);
  FileState Look() const;
  void Reload() REQUIRES(mutex_);

  const std::string path_;
  const OnError on_error_;
  const Clock& clock_;
  const std::chrono::nanoseconds reload_time_;

  Mutex mutex_;
  std::chrono::steady_clock::time_point next_look_ GUARDED_BY(mutex_);
  FileState seen_ GUARDED_BY(mutex_);  // the state that was last loaded, or found bad
  std::shared_ptr<const Ring> ring_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
