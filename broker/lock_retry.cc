#include "broker/lock_retry.h"

#include <algorithm>
#include <thread>

namespace dbrepl {

bool LockRetry::Wait() {
  constexpr std::chrono::milliseconds kFirstPause{1};
  constexpr std::chrono::milliseconds kLongestPause{50};
  const auto now = std::chrono::steady_clock::now();
  if (pause_.count() == 0) {
    deadline_ = now + total_;
    pause_ = kFirstPause;
  }
  if (now >= deadline_) return false;
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause_, deadline_ - now));
  pause_ = std::min(pause_ * 2, kLongestPause);
  return true;
}

}  // namespace dbrepl
