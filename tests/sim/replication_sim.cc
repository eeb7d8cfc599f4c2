// Random worlds in which every trouble ends in agreement: all replicas equal, nothing acknowledged
// lost, nothing deleted back, nothing left where it does not belong.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/sim/sim_world.h"

namespace {

using dbrepl::SimWorld;

bool Fails(SimWorld& world, std::uint64_t seed, const char* when) {
  std::string wrong = world.Converge() ? "" : "it does not come to rest\n";
  wrong += world.WhatIsWrong();
  if (wrong.empty()) return false;
  std::printf("DBREPL_SEED=%llu (%s), %s: %s\n", static_cast<unsigned long long>(seed),
              world.description().c_str(), when, wrong.c_str());
  return true;
}

bool RunWorld(std::uint64_t seed) {
  SimWorld world(seed);
  for (int age = 0; age < 2; ++age) {
    world.LiveThroughTroubles(40);
    if (Fails(world, seed, "after troubles")) return false;
    world.LoseSomething();
    if (Fails(world, seed, "after a loss")) return false;
  }
  world.LetTimePass();
  return !Fails(world, seed, "after reclaim_age");
}

}  // namespace

int main() {
  const char* given = std::getenv("DBREPL_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("DBREPL_SEED=%llu\n", static_cast<unsigned long long>(seed));
  // So many worlds as there is time for, and a few in any case; world i has the seed + i.
  constexpr std::uint64_t kMinWorlds = 4;
  constexpr std::chrono::seconds kEnough{20};
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t worlds = 0;
  while (worlds < kMinWorlds || std::chrono::steady_clock::now() - begin < kEnough) {
    if (!RunWorld(seed + worlds)) return 1;
    ++worlds;
  }
  std::printf("%llu worlds came to agreement\n", static_cast<unsigned long long>(worlds));
  return 0;
}
