#include "replicator/peer_sync.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "broker/container_broker.h"
#include "common/strings.h"
#include "replicator/container_peer_sync.h"
#include "replicator/decide.h"
#include "replicator/peer_step.h"
#include "replicator/send_file.h"
#include "replicator/send_rows.h"

namespace dbrepl {

namespace {

// What the peer knows, we may know now too; it is no news when it turns up in the database.
void NoteTimestamps(DatabaseVisit& visit, const SyncAnswer& answer) {
  visit.known_put_timestamp = std::max(visit.known_put_timestamp, answer.info.put_timestamp);
  visit.known_delete_timestamp =
      std::max(visit.known_delete_timestamp, answer.info.delete_timestamp);
}

// What the database had when the visit began, and what has been taken over since, is not looked
// for again.
Result<> TakeOverMetadata(DatabaseVisit& visit, const Metadata& metadata) {
  Metadata known = visit.known_metadata;
  if (!MergeMetadata(known, metadata)) return {};
  TRY(visit.broker.UpdateMetadata(metadata));
  visit.known_metadata = std::move(known);
  return {};
}

Result<> TakeOverState(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  if (visit.container() != nullptr) TRY(TakeOverContainerState(step));
  const auto metadata = ParseMetadata(step.answer.info.metadata);
  if (!metadata) {
    visit.logger().Error("ERROR metadata of ", PeerName(step.peer.node()),
                         " is left alone: ", Printable(metadata.error().message));
    return {};
  }
  NoteTimestamps(visit, step.answer);
  return TakeOverMetadata(visit, *metadata);
}

// -1: the peer's replica is unknown.
std::int64_t OutgoingPoint(const DatabaseVisit& visit, std::string_view remote_id) {
  for (const SyncPoint& point : visit.outgoing)
    if (point.remote_id == remote_id) return point.sync_point;
  return -1;
}

// Nobody has told of shard ranges: neither the database when the visit began nor a peer since,
// whose ranges are ours now and for the peers to come.
bool HasNoShards(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  visit.met_shard_ranges = visit.met_shard_ranges || visit.info.shard_max_row >= 0 ||
                           step.answer.shard_max_row.value_or(-1) >= 0;
  return !visit.met_shard_ranges;
}

// A peer that says it has more of our rows than we ever had: a Swift receiver that counted its own
// rows as ours, and whose answer got lost; or our database was restored from a copy. Rows to come
// must not get such ROWIDs, for they would never be sent there.
Result<> PassOverClaimedRowIds(const PeerStep& step) {
  const std::int64_t claimed = step.answer.point;
  const std::int64_t known = step.visit.info.max_row;
  if (claimed <= known || claimed - std::max(known, std::int64_t{0}) > kMostRows) return {};
  return step.visit.broker.MoveRowsBeyond(claimed, claimed);
}

PeerOutcome OutcomeOf(bool done) { return done ? PeerOutcome::kSynced : PeerOutcome::kFailed; }

Result<PeerOutcome> SyncRows(PeerStep& step, std::int64_t outgoing) {
  DatabaseVisit& visit = step.visit;
  TRY(PassOverClaimedRowIds(step));
  const ReplicaState remote = {step.answer.info.hash, step.answer.info.max_row, step.answer.point};
  const std::string& remote_id = step.answer.info.id;
  switch (ChooseSyncWay(visit.info, remote, outgoing, visit.options().per_diff)) {
    case SyncWay::kNoChange: visit.Count(&PassStats::no_change, "no_changes"); break;
    case SyncWay::kHashMatch:
      visit.Count(&PassStats::hashmatch, "hashmatches");
      visit.notes.outgoing.push_back({remote_id, remote.point});
      break;
    case SyncWay::kRemoteMerge: {
      TRY_ASSIGN(const bool sent, SendFileToMerge(step));
      return sent ? PeerOutcome::kFileSent : PeerOutcome::kFailed;
    }
    case SyncWay::kDiff: {
      TRY_ASSIGN(const bool sent, SendRows(step, FirstRowToSend(remote, outgoing)));
      return OutcomeOf(sent);
    }
  }
  visit.logger().Debug(visit.path(), " in sync with ", step.PeerForClients(), ", nothing to do");
  return PeerOutcome::kSynced;
}

Result<PeerOutcome> SyncContainerOrAccount(PeerStep& step) {
  TRY(TakeOverState(step));
  const std::int64_t outgoing = OutgoingPoint(step.visit, step.answer.info.id);
  ContainerBroker* const container = step.visit.container();
  if (container == nullptr) return SyncRows(step, outgoing);
  OwnShards shards;
  if (!HasNoShards(step)) {
    TRY_ASSIGN(shards, ReadOwnShards(*container));
  }
  const bool deferred = shards.deferred;
  TRY_ASSIGN(const bool told, TellShardRanges(step, std::move(shards)));
  if (deferred) return OutcomeOf(told);
  step.lacks_shard_ranges = !told;
  TRY_ASSIGN(const PeerOutcome outcome, SyncRows(step, outgoing));
  return told || outcome == PeerOutcome::kFileSent ? outcome : PeerOutcome::kFailed;
}

}  // namespace

Result<PeerOutcome> SyncWithPeer(DatabaseVisit& visit, const Device& node, bool is_other_region) {
  const PassOptions& options = visit.options();
  PeerReplica peer(visit.tools.ask, node, visit.partition, visit.hash, options.node_timeout,
                   *options.clock);
  PeerStep step{visit, peer, SyncAnswer(), is_other_region, !visit.notes.empty()};
  auto answer = peer.Sync(visit.info, WithPolicy(visit));
  if (answer) {
    step.answer = *std::move(answer);
    return SyncContainerOrAccount(step);
  }
  if (answer.error().code == Errc::kNoSpace) return PeerOutcome::kNotMounted;
  const bool is_missing = answer.error().code == Errc::kNotFound;
  TRY_ASSIGN(const bool done,
             is_missing ? SendMissingDatabase(step) : PeerDid(visit, Fail(answer.error())));
  return OutcomeOf(done);
}

}  // namespace dbrepl
