// Sleeping that a stop request ends at once.
#pragma once

#include <chrono>
#include <stop_token>

namespace dbrepl {

// True after the whole duration, false as soon as a stop is requested (also before). Thread-safe.
bool SleepUnlessStopped(std::chrono::nanoseconds duration, const std::stop_token& stop);

}  // namespace dbrepl
