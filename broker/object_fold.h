// What Swift's triggers do when object rows come and go, summed up in memory and written once per
// transaction: counts and bytes per policy (policy_stat) and the hash of all rows (container_info).
// The result equals the triggers' (swift-reference.md section 3.3). One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/chexor.h"
#include "broker/connection.h"
#include "broker/object_row.h"
#include "common/result.h"

namespace dbrepl {

class ObjectFold {
 public:
  // Inside a write transaction. nullopt: the object table's triggers are not the ones we know, or
  // the hash is none; then rows must be written with the triggers on (TriggerScope).
  static Result<std::optional<ObjectFold>> Begin(Connection& connection);

  // All deletions come before the first insertion, as the triggers would see them. False: a sum
  // beyond 64 bits, where SQLite goes on with floating point; nothing may be written then.
  [[nodiscard]] bool Delete(const ObjectRow& row);
  [[nodiscard]] bool Insert(const ObjectRow& row);

  Result<> Write(Connection& connection) const;

 private:
  struct Sums {
    std::int64_t objects = 0;
    std::int64_t bytes = 0;

    bool Add(const ObjectRow& row);
  };
  struct Policy {
    std::int64_t index = 0;
    Sums deleted;
    Sums inserted;
    bool any_inserted = false;  // makes a policy_stat row where none is
  };

  explicit ObjectFold(RowHash hash) : hash_(hash) {}
  Policy& PolicyOf(const ObjectRow& row);
  static Result<> WritePolicy(Connection& connection, const Policy& policy);

  RowHash hash_;
  std::vector<Policy> policies_;  // a handful
};

}  // namespace dbrepl
