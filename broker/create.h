// Makes a new, empty database, so that a crash or a race leaves either none or a whole one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "broker/db_kind.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/result.h"

namespace dbrepl {

struct NewDatabase {
  DbKind kind = DbKind::kContainer;
  std::string path;  // <hash directory>/<hash>[_<epoch>].db; directories are made
  std::string account;
  std::string container;      // containers only
  std::string put_timestamp;  // empty: "0000000000.00000"; also the time of the last status change
  std::int64_t storage_policy_index = 0;  // containers only
};

// Built beside its place as tmp*.tmp (mode 0600), synced, and renamed under the directory's lock.
// Somebody else's database is there already: kExists. The lock is not had in time: kBusy. No
// account or container name: kBadInput.
Result<> CreateDatabase(const NewDatabase& database, const Clock& clock, Random& random,
                        std::chrono::milliseconds lock_timeout = std::chrono::seconds(10));

}  // namespace dbrepl
