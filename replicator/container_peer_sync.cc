#include "replicator/container_peer_sync.h"

#include <utility>
#include <vector>

#include "broker/container_broker.h"
#include "broker/policy_conflict.h"
#include "broker/read_hold.h"
#include "common/strings.h"
#include "common/timestamp.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {

namespace {

Result<> TakeOverPolicy(PeerStep& step, ContainerBroker& container) {
  const PolicyClaim theirs = ClaimOf(step.answer.info, step.answer.storage_policy_index);
  if (!RemotePolicyWins(ClaimOf(step.visit.info), theirs)) return {};
  TRY_ASSIGN(const Timestamp now, Timestamp::FromSeconds(step.visit.options().clock->NowSeconds()));
  return container.SetStoragePolicyIndex(*theirs.storage_policy_index, now.Internal());
}

bool HasOurShardRanges(const PeerStep& step, const std::vector<ShardRange>& ours) {
  return step.answer.is_own && !step.answer.shard_ranges_digest.empty() &&
         step.answer.shard_ranges_digest == ShardRangesDigest(ours);
}

Result<> FetchShardRanges(PeerStep& step, ContainerBroker& container) {
  if (step.answer.shard_max_row.value_or(-1) < 0) return {};
  if (step.answer.is_own && !step.answer.shard_ranges_digest.empty()) {
    TRY_ASSIGN(const std::vector<ShardRange> ours, container.GetAllShardRanges());
    if (HasOurShardRanges(step, ours)) return {};
  }
  auto fetched = step.peer.GetShardRanges();
  if (!fetched) {
    TRY(PeerDid(step.visit, Fail(std::move(fetched).error())));
    return {};
  }
  TRY_ASSIGN(const std::vector<ShardRange> refused,
             container.MergePeerShardRanges(*std::move(fetched)));
  for (const ShardRange& range : refused) {
    step.visit.logger().Warning("Ignoring remote osr w/o epoch, own_sr: ", range.name,
                                ", timestamp: ", range.timestamp,
                                ", source: ", PeerName(step.peer.node()));
  }
  return {};
}

// Swift's two lines: the one at warning only if something was not sent.
Result<> LogDeferral(const PeerStep& step, ContainerBroker& container) {
  const DatabaseVisit& visit = step.visit;
  bool has_nothing_more = false;
  if (visit.info.db_state == DbStateName(DbState::kSharded)) {
    TRY_ASSIGN(const ItemsPage any, container.ItemsSince(-1, 1));
    has_nothing_more = any.count == 0;
  }
  if (has_nothing_more) {
    visit.logger().Debug(visit.path(), " is sharded and has nothing more to replicate to peer ",
                         step.PeerForClients());
  } else {
    visit.logger().Warning(visit.path(),
                           " is able to shard -- refusing to replicate objects to peer ",
                           step.PeerForClients(), "; have shard ranges and will wait for cleaving");
  }
  return {};
}

Result<bool> PushShardRanges(PeerStep& step, std::vector<ShardRange> ranges) {
  DatabaseVisit& visit = step.visit;
  if (!step.answer.shard_max_row) {
    visit.logger().Warning(visit.path(), " is unable to replicate shard ranges to peer ",
                           step.PeerForClients(), "; peer may need upgrading");
    return false;
  }
  if (!ranges.empty() && !HasOurShardRanges(step, ranges)) {
    TRY_ASSIGN(const bool told, PeerDid(visit, step.peer.MergeShardRanges(ranges, visit.info.id)));
    if (!told) return false;
    visit.logger().Debug(visit.path(), " synced ", ranges.size(), " shard ranges to ",
                         step.PeerForClients());
  }
  visit.told_shard_ranges = std::move(ranges);
  return true;
}

// An earlier created_at is told to whoever is asked from now on.
void NotePeerTimestamps(PeerStep& step) {
  ReplicationInfo& local = step.visit.info;
  const ReplicationInfo& remote = step.answer.info;
  const bool is_earlier = remote.created_at < local.created_at;
  const bool is_later = remote.put_timestamp > local.put_timestamp ||
                        remote.delete_timestamp > local.delete_timestamp;
  if (!is_earlier && !is_later) return;
  step.visit.notes.timestamps.push_back(
      {remote.created_at, remote.put_timestamp, remote.delete_timestamp, !is_later});
  if (is_earlier) local.created_at = remote.created_at;
}

}  // namespace

Result<> TakeOverContainerState(PeerStep& step) {
  ContainerBroker& container = *step.visit.container();
  TRY(TakeOverPolicy(step, container));
  NotePeerTimestamps(step);
  return FetchShardRanges(step, container);
}

Result<OwnShards> ReadOwnShards(ContainerBroker& container) {
  const ReadHold hold(container);
  OwnShards shards;
  TRY_ASSIGN(shards.ranges, container.GetAllShardRanges());
  TRY_ASSIGN(shards.deferred, container.ShardingInitiated());
  return shards;
}

Result<bool> TellShardRanges(PeerStep& step, OwnShards shards) {
  TRY_ASSIGN(const bool told, PushShardRanges(step, std::move(shards.ranges)));
  if (shards.deferred) {
    TRY(LogDeferral(step, *step.visit.container()));
    ++step.visit.stats.deferred;
  }
  return told;
}

}  // namespace dbrepl
