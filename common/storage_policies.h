// The storage policies of a cluster, from the [storage-policy:N] sections of swift.conf, with the
// rules of swift/common/storage_policy.py. Plain data, thread-safe once read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/conf.h"
#include "common/result.h"

namespace dbrepl {

struct StoragePolicy {
  std::int64_t index = 0;
  std::vector<std::string> names;  // the name, then its aliases; never empty
  std::string type = "replication";
  bool is_default = false;  // of containers that ask for none; exactly one is
  bool is_deprecated = false;
};

class StoragePolicies {
 public:
  // Policy 0 alone, named Policy-0: what a cluster without such sections has.
  StoragePolicies();

  // In the order of their sections; never empty, and policy 0 is among them.
  const std::vector<StoragePolicy>& all() const { return policies_; }
  // nullptr when there is none. Names in any case.
  const StoragePolicy* ByIndex(std::int64_t index) const;
  const StoragePolicy* ByName(std::string_view name) const;

 private:
  friend Result<StoragePolicies> StoragePoliciesFrom(const Conf& swift_conf);
  Result<> Add(StoragePolicy policy);
  Result<> Complete();

  std::vector<StoragePolicy> policies_;
};

// Refused, as kBadInput with the section or the reason: an index that is no non-negative integer or
// is there twice, names that are missing, there twice or not made of letters, digits and dashes,
// Policy-0 for another index, unknown options or types, no policy 0, more or fewer than one
// default, a deprecated default, numbers of erasure coding that are not positive. Not checked is
// what only object servers need: whether this machine supports the ec_type, and the
// diskfile_module.
Result<StoragePolicies> StoragePoliciesFrom(const Conf& swift_conf);

}  // namespace dbrepl
