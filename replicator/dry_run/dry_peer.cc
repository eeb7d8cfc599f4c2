#include "replicator/dry_run/dry_peer.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "common/strings.h"
#include "common/timestamp.h"
#include "replicator/decide.h"
#include "replicator/dry_run/dry_state.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {
namespace {

// A replica keeps the lesser created_at; this one is after its own, even if clocks disagree, and
// within what servers of ours believe.
constexpr std::chrono::seconds kProbeAhead = std::chrono::hours(24 * 300);

void AddFor(DryDatabase& database, const Device& node, DryAction action, std::string_view remark,
            std::optional<std::int64_t> rows = {}, std::optional<std::int64_t> bytes = {}) {
  const std::string_view arrow = action == DryAction::kTakeOver ? " <- " : " -> ";
  database.Add(action, StrCat(arrow, PeerName(node), remark.empty() ? "" : ": ", remark), rows,
               bytes);
}

// True: there is nothing to tell each other.
bool LookAtState(DryDatabase& database, const Device& node, const SyncAnswer& answer) {
  const DryState ours = StateOf(database.info);
  const DryState theirs = StateOf(answer);
  const bool with_policy = database.container() != nullptr;
  const std::string sent = NewsFor(
      theirs, ours, {.timestamps = true, .policy = database.options().has_several_policies});
  const std::string taken =
      NewsFor(ours, theirs, {.timestamps = with_policy, .policy = with_policy});
  if (!sent.empty()) AddFor(database, node, DryAction::kSendState, sent);
  if (!taken.empty()) AddFor(database, node, DryAction::kTakeOver, taken);
  return sent.empty() && taken.empty();
}

// Whether rows are deferred because sharding has begun.
Result<bool> LookAtShards(DryDatabase& database, ContainerBroker& container, const Device& node,
                          const SyncAnswer& answer) {
  if (!answer.shard_max_row) {
    AddFor(database, node, DryAction::kFail, "it is too old for shard ranges");
  } else {
    TRY_ASSIGN(const std::vector<ShardRange> ranges, container.GetAllShardRanges());
    const bool has_them = answer.is_own && answer.shard_ranges_digest == ShardRangesDigest(ranges);
    if (!ranges.empty() && !has_them) {
      AddFor(database, node, DryAction::kSendShardRanges, "",
             static_cast<std::int64_t>(ranges.size()));
    }
  }
  TRY_ASSIGN(const bool deferred, container.ShardingInitiated());
  if (deferred) ++database.outcome.stats.deferred;
  return deferred;
}

// Whether the peer will have all rows.
bool SendsRows(DryDatabase& database, const Device& node, std::int64_t after) {
  const PassOptions& options = database.options();
  ++database.outcome.stats.diff;
  const std::int64_t rows = database.info.max_row - std::max(after, std::int64_t{0});
  const std::int64_t cap = std::int64_t{options.per_diff} * options.max_diffs;
  AddFor(database, node, DryAction::kSendRows,
         rows > cap ? StrCat("in all ", rows, ", in several passes") : "", std::min(rows, cap));
  if (rows > cap) ++database.outcome.stats.diff_capped;
  return rows <= cap;
}

// The same; everything else about the replica is equal if `is_state_equal`.
Result<bool> LookAtRows(DryDatabase& database, const Device& node, const SyncAnswer& answer,
                        bool is_state_equal) {
  PassStats& stats = database.outcome.stats;
  const ReplicaState remote = {answer.info.hash, answer.info.max_row, answer.point};
  TRY_ASSIGN(const std::int64_t outgoing,
             database.broker.GetSync(answer.info.id, SyncDirection::kOutgoing));
  switch (ChooseSyncWay(database.info, remote, outgoing, database.options().per_diff)) {
    case SyncWay::kRemoteMerge:
      ++stats.remote_merge;
      AddFor(database, node, DryAction::kMergeFile,
             StrCat("it has ", std::max(remote.max_row, RowId{0})), database.info.max_row,
             database.bytes);
      return true;
    case SyncWay::kDiff: return SendsRows(database, node, FirstRowToSend(remote, outgoing));
    case SyncWay::kNoChange: ++stats.no_change; break;
    case SyncWay::kHashMatch: ++stats.hashmatch; break;
  }
  if (is_state_equal) ++database.outcome.in_agreement;
  return true;
}

Result<bool> LookAtAnswer(DryDatabase& database, const Device& node, const SyncAnswer& answer) {
  const bool is_state_equal = LookAtState(database, node, answer);
  ContainerBroker* const container = database.container();
  const bool told = container == nullptr || answer.shard_max_row;
  if (container != nullptr) {
    TRY_ASSIGN(const bool deferred, LookAtShards(database, *container, node, answer));
    if (deferred) return told;
  }
  TRY_ASSIGN(const bool synced, LookAtRows(database, node, answer, is_state_equal));
  return synced && told;
}

}  // namespace

void DryDatabase::Add(DryAction action, std::string_view what, std::optional<std::int64_t> rows,
                      std::optional<std::int64_t> bytes_of_file) {
  outcome.lines.push_back({action, rows, bytes_of_file, StrCat(found.path, what)});
}

Result<PeerOutcome> LookAtPeer(DryDatabase& database, const Device& node) {
  const PassOptions& options = database.options();
  TRY_ASSIGN(const Timestamp ahead,
             Timestamp::FromSeconds(options.clock->NowSeconds() +
                                    std::chrono::duration<double>(kProbeAhead).count()));
  PeerReplica peer(database.tools.ask, node, database.partition, database.hash,
                   options.node_timeout, *options.clock);
  const auto answer = peer.Probe(ahead.Internal(), database.info.id);
  if (answer) {
    TRY_ASSIGN(const bool synced, LookAtAnswer(database, node, *answer));
    return synced ? PeerOutcome::kSynced : PeerOutcome::kFailed;
  }
  if (answer.error().code == Errc::kCancelled) return Fail(answer.error());
  if (answer.error().code == Errc::kNotFound) {
    ++database.outcome.stats.rsync;
    AddFor(database, node, DryAction::kSendFile, "it has none",
           std::max(database.info.max_row, RowId{0}), database.bytes);
    return PeerOutcome::kSynced;
  }
  AddFor(database, node, DryAction::kFail, answer.error().message);
  return answer.error().code == Errc::kNoSpace ? PeerOutcome::kNotMounted : PeerOutcome::kFailed;
}

}  // namespace dbrepl
