// Waiting for a database that another process holds: sleeps of 1 ms doubling to 50 ms until a total
// has passed, as Swift does (swift-reference.md section 3.1). One thread at a time.
#pragma once

#include <chrono>

namespace dbrepl {

class LockRetry {
 public:
  // The total counts from the first Wait, so that making one costs nothing.
  explicit LockRetry(std::chrono::milliseconds total) : total_(total) {}

  // Sleeps a little and returns true; false, at once, when the total has passed.
  bool Wait();

 private:
  std::chrono::milliseconds total_;
  std::chrono::milliseconds pause_{0};  // zero: not waited yet
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace dbrepl
