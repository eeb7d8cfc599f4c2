// What every broker is told by whoever makes it. Plain data.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "common/clock.h"
#include "common/random.h"

namespace dbrepl {

class ConnectionCache;
class SpareConnections;

struct BrokerOptions {
  std::chrono::milliseconds lock_timeout{25'000};     // for SQLite's locks
  std::chrono::milliseconds pending_timeout{10'000};  // for the directory's lock
  bool stale_reads_ok = false;  // reading goes on when pending records cannot be committed
  bool skip_commits = false;    // pending records are none of this broker's business
  bool read_only = false;       // never writes; implies skip_commits
  // A merged row of an account gets a new ROWID also when nothing about it changes, as with Swift's
  // broker: while Swift's replicators ask. They take a replica with less than half of their
  // highest ROWID for far behind, and theirs grow so.
  bool renew_unchanged_rows = false;
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  // Where connections are taken from and given back to; null: opened and closed by each broker.
  ConnectionCache* connections = nullptr;
  // The same for whoever meets each database once: instead of `connections`.
  SpareConnections* spares = nullptr;
  // Told what an operator should know but nobody waits for: pending entries that were dropped.
  std::function<void(const std::string& line)> warn;
};

}  // namespace dbrepl
