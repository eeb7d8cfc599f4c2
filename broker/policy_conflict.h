// Two replicas of a container that disagree on its storage policy: whose index holds. Pure,
// thread-safe. Source: swift-reference.md section 5.7 (Swift's incorrect_policy_index).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/replication_info.h"

namespace dbrepl {

// What one replica says of itself; timestamps as they stand in its database and are compared as
// text.
struct PolicyClaim {
  std::optional<std::int64_t> storage_policy_index;  // none: a peer that knows no policies
  std::string put_timestamp;
  std::string delete_timestamp;
  std::string status_changed_at;
  std::int64_t object_count = 0;
};

// The claim of a replica that tells this of itself, for its own index or for the one given.
PolicyClaim ClaimOf(const ReplicationInfo& info);
PolicyClaim ClaimOf(const ReplicationInfo& info, std::optional<std::int64_t> storage_policy_index);

// True when the remote index is to be taken over: the indexes differ and the remote claim is the
// better one. A container that is not deleted is better than a deleted one; of two deleted ones the
// one that changed last. One that was created again after a delete is better than one that was not;
// of two, the one that outlived the last delete. Otherwise the one whose status changed first.
bool RemotePolicyWins(const PolicyClaim& local, const PolicyClaim& remote);

}  // namespace dbrepl
