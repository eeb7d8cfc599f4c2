// One database's replica on one peer: the asking side of the REPLICATE conversation, a method for
// each operation (swift-reference.md section 4.3). Used by one worker at a time; each call blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/replication_info.h"
#include "broker/shard_range.h"
#include "broker/sync_points.h"
#include "common/clock.h"
#include "common/ids.h"
#include "common/json.h"
#include "common/result.h"
#include "ring/device.h"
#include "rpc/http_message.h"

namespace dbrepl {

// "<replication ip>:<port>/<device>", for messages.
std::string PeerName(const Device& node);

// Asks the node of this device. The one seam between the policy and the network: in production
// ReplicateClient::Call, in simulations another node's ReplicateService. Errors as Call's.
using AskPeer = std::function<Result<HttpResponse>(const Device& node, const HttpRequest& request,
                                                   std::chrono::milliseconds timeout)>;

// The answer to `sync`: the replica's state before it merged our metadata and timestamps.
struct SyncAnswer {
  ReplicationInfo info;     // members that were not sent stay empty or 0
  std::int64_t point = -1;  // up to which of our ROWIDs it has our rows
  std::optional<std::int64_t> storage_policy_index;
  // nullopt: an account, or a server too old for shard ranges. -1: it has none.
  std::optional<std::int64_t> shard_max_row;
  bool is_own = false;              // the server is one of ours (own_peer.h)
  std::string shard_ranges_digest;  // of an own peer's container that has some, else empty
};

class PeerReplica {
 public:
  // `ask`, `node` and `clock` must outlive it. `hash` has no epoch. The clock bounds the times that
  // are believed: what lies more than a year ahead would win every conflict until then.
  PeerReplica(const AskPeer& ask, const Device& node, PartitionId partition, std::string_view hash,
              std::chrono::milliseconds node_timeout, const Clock& clock = SystemClock());

  // Every method: kNotFound for 404, kNoSpace for 507, kRejected for any other status outside 2xx,
  // kCorrupt for an answer that is no answer; kUnreachable, kTimeout, kCancelled from the way.
  // The message names the peer and, for statuses, begins with "Bad response <status> from" and has
  // the beginning of the answer; for the way it begins with "reading HTTP response from".

  // `with_policy` appends the three arguments about storage policies.
  Result<SyncAnswer> Sync(const ReplicationInfo& local, bool with_policy);
  // The same question in words that change nothing over there, for --dry-run. `now_timestamp` must
  // not be before the database was created. Without our id the answer's point is -1.
  Result<SyncAnswer> Probe(const std::string& now_timestamp, const std::string& local_id = {});
  // `rows_json`: an array as ItemsPage has it.
  Result<> MergeItems(std::string_view rows_json, std::string_view local_id);
  Result<> MergeSyncs(const std::vector<SyncPoint>& points);
  Result<std::vector<ShardRange>> GetShardRanges();
  Result<> MergeShardRanges(const std::vector<ShardRange>& ranges, std::string_view local_id);
  // After the file has landed in its tmp under our id. The id that it was given; empty: a server of
  // Swift's, which does not tell.
  Result<std::string> CompleteRsync(std::string_view local_id, std::string_view db_file_name);
  Result<std::string> RsyncThenMerge(std::string_view local_id, std::string_view db_file_name,
                                     std::chrono::milliseconds timeout);

  const Device& node() const { return node_; }
  // Its last answer, whatever its status, came from a server of ours (own_peer.h).
  bool is_own() const { return is_own_; }

 private:
  // An answer with a status of 2xx.
  Result<HttpResponse> Ask(std::string body, std::chrono::milliseconds timeout);
  Result<SyncAnswer> AskSync(const JsonValue& request);
  Result<> Order(std::string body, std::chrono::milliseconds timeout);
  Result<std::string> OrderToTakeFile(std::string body, std::chrono::milliseconds timeout);

  const AskPeer& ask_;
  const Device& node_;
  const std::string target_;
  const std::chrono::milliseconds node_timeout_;
  const Clock& clock_;
  bool is_own_ = false;
};

}  // namespace dbrepl
