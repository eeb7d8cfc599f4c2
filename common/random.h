// Randomness behind a seam: production takes it from the kernel, tests and simulations from a seed.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "common/mutex.h"

namespace dbrepl {

// Thread-safe. A UniformRandomBitGenerator, so that std::shuffle takes one.
class Random {
 public:
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  virtual ~Random() = default;
  // 64 random bits.
  virtual std::uint64_t operator()() = 0;

  // 0 <= result < 1 with 53 random bits, as Python's random.random().
  double Fraction();
  // 0 <= result < end, every number equally likely. CHECKs end > 0.
  std::uint64_t Below(std::uint64_t end);
};

// The kernel's random numbers; lives for ever.
Random& SystemRandom();

// The same numbers for the same seed, on every machine. Threads that share one get its numbers in
// the order they happen to ask.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t operator()() override;

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ GUARDED_BY(mutex_);
};

// A random (version 4) UUID as Python's str(uuid.uuid4()): 36 characters, lower case, with dashes.
std::string Uuid4(Random& random);

}  // namespace dbrepl
