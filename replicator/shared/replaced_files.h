// Database files that were replaced by received ones while other processes may still have them
// open.
//
// SQLite finds journals by path. A process that begins to read the old file while somebody writes
// to the new one would take the new file's journal for one that a crash left behind, play it back
// into the old file and delete it, and the writer's commit would fail with an I/O error, for which
// Swift quarantines. It does not while another process holds the old file's writer's lock. So that
// lock is kept for a while; readers are not held up, and writers are refused at once, for the file
// is marked as one that only newer SQLites may write to. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "broker/database_broker.h"
#include "broker/transaction.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace dbrepl {

class ReplacedFiles {
 public:
  // Files are kept for `duration`, at most 64 at a time; then the next call lets them go.
  ReplacedFiles(std::chrono::seconds duration, const Clock& clock)
      : duration_(duration), clock_(clock) {}

  // For later: the file as it lies at this path now. Must stay open for as long as this process has
  // connections to the file: closing it gives up their locks.
  static Result<UniqueFd> Open(const std::string& path);
  // Whoever tries to write to the file from now on is refused by SQLite. Call with the writer's
  // lock held.
  static Result<> MarkReadOnly(const UniqueFd& file);

  // Marks the file and keeps the lock, which is the broker's.
  Result<> Keep(UniqueFd file, std::unique_ptr<DatabaseBroker> broker, Transaction lock);

  // Lets files go whose time is over.
  void Purge();

 private:
  // Destroyed from the end: the lock, the connection, then the descriptor.
  struct Kept {
    UniqueFd file;
    std::unique_ptr<DatabaseBroker> broker;
    Transaction lock;
    std::chrono::steady_clock::time_point until;
  };

  const std::chrono::seconds duration_;
  const Clock& clock_;
  Mutex mutex_;
  std::deque<std::unique_ptr<Kept>> kept_ GUARDED_BY(mutex_);  // oldest first
};

}  // namespace dbrepl
