// How far apart a builder's replicas are, and how evenly devices are filled: what operators read
// before and after a rebalance. Pure functions, thread-safe. swift-reference.md section 2.10.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "ring/builder.h"

namespace dbrepl {

// A device without weight that still holds partitions is out of balance by this, and so is its
// ring.
inline constexpr double kMaxBalance = 999.99;

// One region, zone, address or device that holds partitions.
struct TierDispersion {
  std::string name;  // "r1z2-10.0.0.1"
  std::uint32_t max_replicas = 0;
  std::vector<std::uint64_t> partitions_with;  // [n]: partitions with n replicas here

  std::uint64_t PlacedReplicas() const;
  // Replicas above the maximum, in percent of those placed here.
  double Percent() const;
};

struct Dispersion {
  double percent = 0;  // replicas above the maximum at their worst level, of all replicas
  std::vector<TierDispersion> tiers;  // each region followed by its zones, and so on
};

// All zero and empty before the first rebalance.
Dispersion MeasureDispersion(const Builder& builder);

// Required overload as a fraction: the least that lets replicas be as far apart as possible. Fewer
// devices with weight than replicas: kBadInput.
Result<double> RequiredOverloadOf(const Builder& builder);

struct DeviceLoad {
  std::uint64_t partitions = 0;
  double balance = 0;  // percent above (below: negative) what the weight asks for
};

struct Balance {
  std::vector<DeviceLoad> devices;  // by id
  double worst = 0;                 // the greatest distance from 0
  bool no_weight = false;           // no device has any weight: nothing can be said
};

Balance MeasureBalance(const Builder& builder);

// Whether every partition has all its replicas on different devices that are there. What is wrong
// first: kBadInput naming partition and replica.
Result<> ValidateBuilder(const Builder& builder);

}  // namespace dbrepl
