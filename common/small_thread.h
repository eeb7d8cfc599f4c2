// A thread with a small stack, for programs that have many: swift-init runs daemons under an
// RLIMIT_DATA of 2 GiB, and the usual 8 MiB a thread count towards it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "common/result.h"

namespace dbrepl {

// Movable; used by one thread at a time. The destructor waits for the job's end.
class SmallThread {
 public:
  // Enough for SQLite and all of our own code, also under sanitizers.
  static constexpr std::size_t kStackBytes = std::size_t{512} * 1024;

  // Runs the job on a thread called `name` (at most 15 characters are kept). The system gives no
  // more threads: kIo. A job must not throw.
  static Result<SmallThread> Start(const std::string& name, std::function<void()> job);

  SmallThread(SmallThread&&) noexcept;
  SmallThread& operator=(SmallThread&&) = delete;
  ~SmallThread();

 private:
  struct Handle;
  explicit SmallThread(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;  // null after a move
};

}  // namespace dbrepl
