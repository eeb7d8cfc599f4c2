// Swift's lock on a directory: flock(LOCK_EX) on `<directory>/.lock`, which all of Swift's
// processes take before they append to or commit a pending file, publish a new database or delete
// one. swift-reference.md section 1.5.
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace dbrepl {

// Held while the object lives. Movable; a thread that holds it must not take the same directory's
// lock again.
class DirLock {
 public:
  // Creates the directory if it is missing, then `.lock` in it (mode 0755 less the umask, never
  // removed), and polls every 10 ms (later every hundredth of the timeout, if that is longer). Not
  // had in time: kBusy naming the directory.
  static Result<DirLock> Acquire(const std::string& directory, std::chrono::milliseconds timeout);

  // As Acquire, but a missing directory is kNotFound: for callers that must not bring a removed
  // database's directory back to life.
  static Result<DirLock> AcquireExisting(const std::string& directory,
                                         std::chrono::milliseconds timeout);

 private:
  explicit DirLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;  // closing it releases the lock
};

}  // namespace dbrepl
