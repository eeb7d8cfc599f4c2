#include "daemons/pass_schedule.h"

#include <algorithm>

namespace dbrepl {
namespace {

constexpr PassPause kLeastPause{0.1};
constexpr double kJitter = 0.1;

}  // namespace

PassPause FirstPause(double interval_seconds, Random& random) {
  return PassPause(interval_seconds * random.Fraction());
}

PassPause NextPause(double interval_seconds, PassPause elapsed, Random& random) {
  const double factor = 1 - kJitter + 2 * kJitter * random.Fraction();
  return std::max(kLeastPause, PassPause(interval_seconds * factor) - elapsed);
}

}  // namespace dbrepl
