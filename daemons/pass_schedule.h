// When passes begin (swift-reference.md section 5.1), with jitter so that the nodes of a cluster
// that were started together do not stay in step. Pure but for the random numbers.
#pragma once

#include <chrono>

#include "common/random.h"

namespace dbrepl {

using PassPause = std::chrono::duration<double>;  // seconds

// Before the first pass: anything up to the interval.
PassPause FirstPause(double interval_seconds, Random& random);

// After a pass that took so long: what is left of the interval, which is drawn from 0.9 to 1.1
// times its length. Never nothing at all, so that a node without work and without interval does
// not spin.
PassPause NextPause(double interval_seconds, PassPause elapsed, Random& random);

}  // namespace dbrepl
