// The decisions of a visit as pure functions: no database, no network, no clock. Each is a rule of
// swift-reference.md section 5, or one of ours that docs/COMPATIBILITY.md names.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/replication_info.h"
#include "common/hash_path.h"
#include "common/ids.h"
#include "common/result.h"
#include "replicator/pass_options.h"
#include "ring/device.h"
#include "ring/ring.h"

namespace dbrepl {

// The partition of the names that a database holds. kBadInput: they hash to something else than its
// directory is called, so that it would be refused under that name, or be taken for another.
Result<PartitionId> RightPartition(const ReplicationInfo& info, std::string_view directory_hash,
                                   const HashPathConfig& cluster, const Ring& ring);
// "/<account>/<container>", quoted as in a URL, for messages.
std::string QuotedName(const ReplicationInfo& info);

// The devices to visit, and whether the database belongs on the local one. A primary visits those
// after itself in the ring's order, then those before; any other device visits all primaries.
struct PeerPlan {
  bool should_be_here = false;
  std::vector<const Device*> targets;  // live as long as the ring
};
PeerPlan PlanPeers(const NodeList& primaries, DeviceId local_device, bool in_wrong_partition);

// How a replica is brought into agreement once its answer to `sync` is known.
enum class SyncWay {
  kNoChange,     // it has all our rows
  kHashMatch,    // equal rows by other means: remember its point
  kRemoteMerge,  // far behind: send the file, let it merge (rsync_then_merge)
  kDiff,         // send the rows it lacks
};
struct ReplicaState {
  std::string hash;
  std::int64_t max_row = -1;
  std::int64_t point = -1;  // up to which of our ROWIDs it says it has our rows
};
// `outgoing_point` is what we remember of it, -1 for nothing.
SyncWay ChooseSyncWay(const ReplicationInfo& local, const ReplicaState& remote,
                      std::int64_t outgoing_point, int per_diff);

// Where sending rows begins: after this ROWID.
std::int64_t FirstRowToSend(const ReplicaState& remote, std::int64_t outgoing_point);

// How long a peer may take for rsync_then_merge: from the rows on both sides, tombstones too, and
// never less than node_timeout.
std::chrono::milliseconds RemoteMergeTimeout(std::int64_t local_max_row,
                                             std::int64_t remote_max_row,
                                             std::chrono::milliseconds node_timeout);

// What becomes of a database that does not belong here, after its peers were visited.
enum class Removal { kRemove, kKeepRowsArrived, kKeepRowsVanished, kKeepPeersMissing };
Removal DecideRemoval(std::int64_t max_row_before, std::int64_t max_row_now,
                      const std::vector<bool>& responses, int handoff_delete);

}  // namespace dbrepl
