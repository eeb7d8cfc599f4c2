#include "replicator/decide.h"

#include <algorithm>
#include <cstddef>

#include "common/percent.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// A file is sent when the peer has less than this share of our rows.
constexpr std::int64_t kFarBehindDivisor = 2;
// Rows that a peer merges in a second, at least.
constexpr std::int64_t kMergedRowsPerSecond = 2000;
constexpr std::chrono::milliseconds kLongestMerge = std::chrono::hours(6);

}  // namespace

Result<PartitionId> RightPartition(const ReplicationInfo& info, std::string_view directory_hash,
                                   const HashPathConfig& cluster, const Ring& ring) {
  TRY_ASSIGN(const Md5Digest digest, HashPath(cluster, info.account, info.container));
  if (ToHex(digest) == directory_hash) return ring.PartitionOf(digest);
  return Fail(Errc::kBadInput,
              StrCat("it holds ", QuotedName(info), ", whose hash is ", ToHex(digest),
                     "; is hash_path_prefix or hash_path_suffix in swift.conf wrong? "
                     "It is neither sent nor removed"));
}

std::string QuotedName(const ReplicationInfo& info) {
  return StrCat("/", PercentEncode(info.account), info.container.empty() ? "" : "/",
                PercentEncode(info.container));
}

PeerPlan PlanPeers(const NodeList& primaries, DeviceId local_device, bool in_wrong_partition) {
  PeerPlan plan;
  plan.should_be_here = !in_wrong_partition && primaries.Contains(local_device);
  plan.targets.reserve(primaries.size());
  std::size_t own = 0;
  while (own < primaries.size() && primaries[own].id != local_device) ++own;
  for (std::size_t i = own + 1; i < primaries.size(); ++i) plan.targets.push_back(&primaries[i]);
  for (std::size_t i = 0; i < own; ++i) plan.targets.push_back(&primaries[i]);
  // The only replica, in the wrong place: it goes to the right place of the same device.
  const bool is_only_replica = primaries.size() == 1 && own == 0;
  if (is_only_replica && in_wrong_partition) plan.targets.push_back(&primaries[0]);
  return plan;
}

SyncWay ChooseSyncWay(const ReplicationInfo& local, const ReplicaState& remote,
                      std::int64_t outgoing_point, int per_diff) {
  if (FirstRowToSend(remote, outgoing_point) >= local.max_row) return SyncWay::kNoChange;
  if (remote.hash == local.hash) return SyncWay::kHashMatch;
  const bool has_less_than_half = local.max_row > 0 && std::max(remote.max_row, std::int64_t{-1}) <
                                                           local.max_row / kFarBehindDivisor +
                                                               local.max_row % kFarBehindDivisor;
  if (has_less_than_half && local.max_row - std::max(remote.max_row, std::int64_t{-1}) > per_diff)
    return SyncWay::kRemoteMerge;
  return SyncWay::kDiff;
}

std::int64_t FirstRowToSend(const ReplicaState& remote, std::int64_t outgoing_point) {
  return std::max(remote.point, outgoing_point);
}

std::chrono::milliseconds RemoteMergeTimeout(std::int64_t local_max_row,
                                             std::int64_t remote_max_row,
                                             std::chrono::milliseconds node_timeout) {
  // In doubles: a peer may claim any number of rows.
  const double rows = static_cast<double>(std::max(local_max_row, std::int64_t{0})) +
                      static_cast<double>(std::max(remote_max_row, std::int64_t{0}));
  const double wanted = rows * 1000 / static_cast<double>(kMergedRowsPerSecond);
  const double longest = static_cast<double>(kLongestMerge.count());
  const std::chrono::milliseconds timeout(static_cast<std::int64_t>(std::min(wanted, longest)));
  return std::max(timeout, node_timeout);
}

Removal DecideRemoval(std::int64_t max_row_before, std::int64_t max_row_now,
                      const std::vector<bool>& responses, int handoff_delete) {
  if (max_row_now < max_row_before) return Removal::kKeepRowsVanished;
  if (max_row_now > max_row_before) return Removal::kKeepRowsArrived;
  if (responses.empty()) return Removal::kKeepPeersMissing;
  std::size_t wanted = responses.size();
  if (handoff_delete > 0) wanted = std::min(wanted, static_cast<std::size_t>(handoff_delete));
  const auto successes =
      static_cast<std::size_t>(std::count(responses.begin(), responses.end(), true));
  return successes >= wanted ? Removal::kRemove : Removal::kKeepPeersMissing;
}

}  // namespace dbrepl
