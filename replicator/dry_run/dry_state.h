// What replicas tell each other besides rows, for a dry run: which of it would be news to whom.
// Pure, thread-safe.
#pragma once

#include <string>

#include "broker/metadata.h"
#include "broker/policy_conflict.h"
#include "broker/replication_info.h"
#include "replicator/peer_replica.h"

namespace dbrepl {

struct DryState {
  std::string created_at;
  PolicyClaim claim;  // with the other timestamps
  Metadata metadata;  // empty when it cannot be read, as visits take it
};
DryState StateOf(const ReplicationInfo& local);
DryState StateOf(const SyncAnswer& remote);

// What is looked at besides metadata.
struct NewsOptions {
  bool timestamps = false;
  bool policy = false;
};
// What a replica takes over from another, in words: "2 metadata items, delete_timestamp, policy 1
// instead of 0". Empty: nothing.
std::string NewsFor(const DryState& taker, const DryState& giver, NewsOptions options);

}  // namespace dbrepl
