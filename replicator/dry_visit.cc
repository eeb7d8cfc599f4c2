#include "replicator/dry_visit.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>

#include "broker/container_broker.h"
#include "broker/db_path.h"
#include "broker/make_broker.h"
#include "common/strings.h"
#include "common/timestamp.h"
#include "replicator/database_visit.h"
#include "replicator/decide.h"
#include "replicator/dry_state.h"
#include "replicator/own_peer.h"
#include "replicator/reconciler_queue.h"

namespace dbrepl {
namespace {

// A replica keeps the lesser created_at; this one is after its own, even if clocks disagree, and
// within what servers of ours believe.
constexpr std::chrono::seconds kProbeAhead = std::chrono::hours(24 * 300);

std::unique_ptr<DatabaseBroker> OpenReadOnly(const PassOptions& options, const std::string& path) {
  BrokerOptions broker = VisitBrokerOptions(options);
  broker.read_only = true;
  return MakeBroker(options.kind, path, std::move(broker));
}

std::int64_t FileSize(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_size : 0;
}

class DryVisit {
 public:
  DryVisit(const DryRunTools& tools, const Ring& ring, const FoundDatabase& found)
      : tools_(tools),
        options_(tools.options),
        ring_(ring),
        found_(found),
        device_(DeviceName(found.path)),
        hash_(ParseDbFileName(found.path).hash),
        broker_(OpenReadOnly(tools.options, found.path)),
        container_(dynamic_cast<ContainerBroker*>(broker_.get())) {}

  DryVisitOutcome Run();

 private:
  enum class Synced { kYes, kNo, kNotMounted };

  Result<> Look();
  Result<> LookAtReclaimable();
  Result<> LookAtPeers();
  void Fail(const Error& error);
  void CountFailureOfPrimaries();
  void Add(DryAction action, std::string_view what, std::optional<std::int64_t> rows = {},
           std::optional<std::int64_t> bytes = {});
  void AddFor(const Device& node, DryAction action, std::string_view remark,
              std::optional<std::int64_t> rows = {}, std::optional<std::int64_t> bytes = {});

  Result<Synced> AskPeer(const Device& node);
  Result<bool> LookAtRows(const Device& node, const SyncAnswer& answer, bool is_state_equal);
  // nullopt: rows are sent as well; else whether the peer will have all that it is sent.
  Result<std::optional<bool>> LookAtShards(const Device& node, const SyncAnswer& answer);
  // True: there is nothing to tell each other.
  bool LookAtState(const Device& node, const SyncAnswer& answer);
  Result<> LookAtMisplaced();
  Result<> LookAtRemoval(const std::vector<bool>& primaries);

  const DryRunTools& tools_;
  const PassOptions& options_;
  const Ring& ring_;
  const FoundDatabase& found_;
  const std::string device_;
  const std::string hash_;
  const std::unique_ptr<DatabaseBroker> broker_;
  ContainerBroker* const container_;  // null for an account
  ReplicationInfo info_;
  PartitionId partition_;
  std::int64_t bytes_ = 0;
  DryVisitOutcome outcome_;
};

void DryVisit::Add(DryAction action, std::string_view what, std::optional<std::int64_t> rows,
                   std::optional<std::int64_t> bytes) {
  outcome_.lines.push_back({action, rows, bytes, StrCat(found_.path, what)});
}

void DryVisit::AddFor(const Device& node, DryAction action, std::string_view remark,
                      std::optional<std::int64_t> rows, std::optional<std::int64_t> bytes) {
  const std::string_view arrow = action == DryAction::kTakeOver ? " <- " : " -> ";
  Add(action, StrCat(arrow, PeerName(node), remark.empty() ? "" : ": ", remark), rows, bytes);
}

void DryVisit::CountFailureOfPrimaries() {
  for (const Device* node : ring_.PrimaryNodes(found_.partition))
    outcome_.stats.AddFailure(node->replication_ip, node->device);
}

void DryVisit::Fail(const Error& error) {
  if (error.code == Errc::kNotFound) return;  // gone meanwhile
  const bool is_corrupt = error.code == Errc::kCorrupt;
  if (is_corrupt && tools_.brakes.Allows(device_, Suspicion::kCorrupt)) {
    Add(DryAction::kQuarantine, StrCat(": ", error.message), {}, FileSize(found_.path));
  } else {
    Add(DryAction::kFail, StrCat(": ", error.message));
  }
  CountFailureOfPrimaries();
}

Result<> DryVisit::LookAtReclaimable() {
  if (container_ != nullptr && !ContainerBroker::IsReportUpToDate(info_)) {
    Add(DryAction::kKeep, ": deleted long ago, but its account has not heard of it yet");
  } else if (!tools_.brakes.Allows(device_, Suspicion::kReclaimable)) {
    Add(DryAction::kKeep, ": too many deleted ones on this device at once");
    CountFailureOfPrimaries();
  } else {
    Add(DryAction::kRemove, ": deleted for longer than reclaim_age", {}, bytes_);
    ++outcome_.stats.remove;
  }
  return {};
}

bool DryVisit::LookAtState(const Device& node, const SyncAnswer& answer) {
  const DryState ours = StateOf(info_);
  const DryState theirs = StateOf(answer);
  const bool with_policy = container_ != nullptr;
  const std::string sent =
      NewsFor(theirs, ours, {.timestamps = true, .policy = options_.has_several_policies});
  const std::string taken =
      NewsFor(ours, theirs, {.timestamps = with_policy, .policy = with_policy});
  if (!sent.empty()) AddFor(node, DryAction::kSendState, sent);
  if (!taken.empty()) AddFor(node, DryAction::kTakeOver, taken);
  return sent.empty() && taken.empty();
}

Result<std::optional<bool>> DryVisit::LookAtShards(const Device& node, const SyncAnswer& answer) {
  if (!answer.shard_max_row) {
    AddFor(node, DryAction::kFail, "it is too old for shard ranges");
  } else {
    TRY_ASSIGN(const std::vector<ShardRange> ranges, container_->GetAllShardRanges());
    const bool has_them = answer.is_own && answer.shard_ranges_digest == ShardRangesDigest(ranges);
    if (!ranges.empty() && !has_them) {
      AddFor(node, DryAction::kSendShardRanges, "", static_cast<std::int64_t>(ranges.size()));
    }
  }
  TRY_ASSIGN(const bool deferred, container_->ShardingInitiated());
  if (deferred) ++outcome_.stats.deferred;
  if (deferred) return std::optional<bool>(answer.shard_max_row.has_value());
  return std::optional<bool>();
}

Result<bool> DryVisit::LookAtRows(const Device& node, const SyncAnswer& answer,
                                  bool is_state_equal) {
  const ReplicaState remote = {answer.info.hash, answer.info.max_row, answer.point};
  TRY_ASSIGN(const std::int64_t outgoing,
             broker_->GetSync(answer.info.id, SyncDirection::kOutgoing));
  const SyncWay way = ChooseSyncWay(info_, remote, outgoing, options_.per_diff);
  if (way == SyncWay::kRemoteMerge) {
    ++outcome_.stats.remote_merge;
    AddFor(node, DryAction::kMergeFile, StrCat("it has ", std::max(remote.max_row, RowId{0})),
           info_.max_row, bytes_);
    return true;
  }
  if (way == SyncWay::kDiff) {
    ++outcome_.stats.diff;
    const std::int64_t rows =
        info_.max_row - std::max(FirstRowToSend(remote, outgoing), std::int64_t{0});
    const std::int64_t cap = std::int64_t{options_.per_diff} * options_.max_diffs;
    AddFor(node, DryAction::kSendRows,
           rows > cap ? StrCat("in all ", rows, ", in several passes") : "", std::min(rows, cap));
    if (rows > cap) ++outcome_.stats.diff_capped;
    return rows <= cap;
  }
  ++(way == SyncWay::kNoChange ? outcome_.stats.no_change : outcome_.stats.hashmatch);
  if (is_state_equal) ++outcome_.in_agreement;
  return true;
}

Result<DryVisit::Synced> DryVisit::AskPeer(const Device& node) {
  TRY_ASSIGN(const Timestamp ahead,
             Timestamp::FromSeconds(options_.clock->NowSeconds() +
                                    std::chrono::duration<double>(kProbeAhead).count()));
  PeerReplica peer(tools_.ask, node, partition_, hash_, options_.node_timeout, *options_.clock);
  const auto answer = peer.Probe(ahead.Internal(), info_.id);
  if (!answer && answer.error().code == Errc::kCancelled) return dbrepl::Fail(answer.error());
  if (!answer && answer.error().code == Errc::kNotFound) {
    ++outcome_.stats.rsync;
    AddFor(node, DryAction::kSendFile, "it has none", std::max(info_.max_row, RowId{0}), bytes_);
    return Synced::kYes;
  }
  if (!answer) {
    AddFor(node, DryAction::kFail, answer.error().message);
    return answer.error().code == Errc::kNoSpace ? Synced::kNotMounted : Synced::kNo;
  }
  const bool is_state_equal = LookAtState(node, *answer);
  bool told = true;
  if (container_ != nullptr) {
    told = answer->shard_max_row.has_value();
    TRY_ASSIGN(const std::optional<bool> deferred, LookAtShards(node, *answer));
    if (deferred) return *deferred ? Synced::kYes : Synced::kNo;
  }
  TRY_ASSIGN(const bool synced, LookAtRows(node, *answer, is_state_equal));
  return synced && told ? Synced::kYes : Synced::kNo;
}

Result<> DryVisit::LookAtMisplaced() {
  if (container_ == nullptr || info_.account == kMisplacedObjectsAccount) return {};
  TRY_ASSIGN(const bool has_multiple_policies, container_->HasMultiplePolicies());
  if (!has_multiple_policies) return {};
  TRY_ASSIGN(RowId point, container_->GetReconcilerSync());
  std::int64_t rows = 0;
  while (!tools_.stop.stop_requested()) {
    TRY_ASSIGN(const std::vector<StoredObject> misplaced,
               container_->MisplacedSince(point, options_.per_diff));
    if (misplaced.empty()) break;
    rows += static_cast<std::int64_t>(misplaced.size());
    point = misplaced.back().row_id;
  }
  if (rows > 0) Add(DryAction::kQueueMisplaced, " -> the reconciler", rows);
  return {};
}

Result<> DryVisit::LookAtRemoval(const std::vector<bool>& primaries) {
  if (container_ != nullptr) {
    TRY_ASSIGN(const bool must_shard, container_->ShardingRequired());
    if (must_shard) {
      Add(DryAction::kKeep, ": does not belong here, but has to shard first");
      return {};
    }
  }
  const auto successes = std::count(primaries.begin(), primaries.end(), true);
  const std::string share = StrCat(successes, " of ", primaries.size(), " primaries");
  const Removal removal =
      DecideRemoval(info_.max_row, info_.max_row, primaries, options_.handoff_delete);
  if (removal == Removal::kRemove) {
    Add(DryAction::kRemove, StrCat(": does not belong here; ", share, " will have it"), {}, bytes_);
    ++outcome_.stats.remove;
  } else {
    Add(DryAction::kKeep, StrCat(": does not belong here; only ", share, " would have it"));
  }
  return {};
}

Result<> DryVisit::LookAtPeers() {
  const PeerPlan plan =
      PlanPeers(ring_.PrimaryNodes(partition_), found_.device_id, partition_ != found_.partition);
  std::vector<const Device*> targets = plan.targets;
  Handoffs handoffs = ring_.HandoffsOf(partition_);
  std::vector<bool> primaries;
  std::set<std::pair<std::string, std::string>> asked;
  std::set<std::pair<std::string, std::string>> failed;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Device& node = *targets[i];
    TRY_ASSIGN(const Synced synced, AskPeer(node));
    if (synced == Synced::kNotMounted) {
      const Device* next = handoffs.Next();
      while (next != nullptr && next->id == found_.device_id) next = handoffs.Next();
      if (next != nullptr) targets.push_back(next);
    }
    asked.emplace(node.replication_ip, node.device);
    if (synced != Synced::kYes) failed.emplace(node.replication_ip, node.device);
    if (i < plan.targets.size()) primaries.push_back(synced == Synced::kYes);
  }
  outcome_.stats.success += static_cast<std::int64_t>(asked.size() - failed.size());
  for (const auto& [ip, device] : failed) outcome_.stats.AddFailure(ip, device);
  TRY(LookAtMisplaced());
  return plan.should_be_here ? Result<>() : LookAtRemoval(primaries);
}

Result<> DryVisit::Look() {
  TRY_ASSIGN(info_, broker_->GetReplicationInfo());
  TRY_ASSIGN(const std::string file, broker_->DbFile());
  bytes_ = FileSize(file);
  outcome_.has_pending = FileSize(PendingPath(file)) > 0;
  TRY_ASSIGN(partition_, RightPartition(info_, hash_, options_.hash_path, ring_));
  TRY_ASSIGN(const bool reclaimable,
             broker_->IsReclaimable(options_.clock->NowSeconds(), options_.reclaim_age_seconds));
  if (partition_ != found_.partition &&
      !tools_.brakes.Allows(device_, Suspicion::kWrongPartition)) {
    Add(DryAction::kKeep, ": too many in wrong partitions on this device at once");
    CountFailureOfPrimaries();
    return {};
  }
  return reclaimable ? LookAtReclaimable() : LookAtPeers();
}

DryVisitOutcome DryVisit::Run() {
  outcome_.stats.attempted = 1;
  tools_.brakes.OnVisit(device_);
  const auto looked = Look();
  if (!looked && looked.error().code != Errc::kCancelled) Fail(looked.error());
  return std::move(outcome_);
}

}  // namespace

DryVisitOutcome VisitDry(const DryRunTools& tools, const Ring& ring, const FoundDatabase& found) {
  return DryVisit(tools, ring, found).Run();
}

}  // namespace dbrepl
