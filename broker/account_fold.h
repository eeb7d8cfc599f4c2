// What an account database's triggers would do for each row, added up in memory and written once
// per transaction: counts and hash in account_stat, counts per policy in policy_stat
// (swift-reference.md section 3.4). One thread at a time, inside one write transaction.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/chexor.h"
#include "broker/connection.h"
#include "broker/container_record.h"
#include "common/result.h"

namespace dbrepl {

class AccountFold {
 public:
  // False when the database's triggers are not the ones this folds (old or changed databases): let
  // the triggers themselves do it then.
  static Result<bool> Applies(Connection& connection);

  // Reads hash and policies. No row in account_stat: kCorrupt. A hash that is none: kBadInput.
  static Result<AccountFold> Begin(Connection& connection);

  // For every row inserted or deleted, in order; only plain records (MakePlain). Sums beyond 64
  // bits: kBadInput.
  Result<> Insert(const ContainerRecord& record) { return Add(record, 1); }
  Result<> Delete(const ContainerRecord& record) { return Add(record, -1); }

  // Nothing is written when nothing was inserted or deleted.
  Result<> Write(Connection& connection);

 private:
  struct Sums {
    std::int64_t containers = 0;
    std::int64_t objects = 0;
    std::int64_t bytes = 0;

    bool operator==(const Sums&) const = default;
  };
  struct Policy {
    bool is_new = false;  // has no row in the table yet
    Sums sums;
  };

  Result<> Add(const ContainerRecord& record, int sign);
  Result<> AddToPolicy(std::int64_t index, const Sums& row, int sign);
  Result<> WritePolicies(Connection& connection);
  static bool AddUp(Sums& sums, const Sums& row, int sign);

  RowHash hash_;
  Sums account_;
  std::map<std::int64_t, Policy> policies_;  // those with a row, and new ones
  bool policies_count_containers_ = true;    // false: a table from before Swift 2.2
  bool changed_ = false;
};

}  // namespace dbrepl
