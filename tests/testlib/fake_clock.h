// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "common/clock.h"

namespace dbrepl {

class FakeClock final : public Clock {
 public:
  double NowSeconds() const override {
    return 1'700'000'000 + std::chrono::duration<double>(passed_.load()).count();
  }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    return std::chrono::steady_clock::time_point(passed_.load());
  }
  void Advance(std::chrono::nanoseconds step) { passed_ = passed_.load() + step; }

 private:
  std::atomic<std::chrono::nanoseconds> passed_{std::chrono::nanoseconds(0)};
};

}  // namespace dbrepl
