#include "replicator/dry_run/dry_visit.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "broker/container_broker.h"
#include "broker/db_path.h"
#include "broker/make_broker.h"
#include "common/strings.h"
#include "replicator/database_visit.h"
#include "replicator/decide.h"
#include "replicator/dry_run/dry_peer.h"
#include "replicator/peer_round.h"
#include "replicator/reconciler_queue.h"

namespace dbrepl {
namespace {

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
      : options_(tools.options),
        ring_(ring),
        device_(DeviceName(found.path)),
        broker_(OpenReadOnly(tools.options, found.path)),
        database_{.tools = tools,
                  .found = found,
                  .broker = *broker_,
                  .hash = std::string(ParseDbFileName(found.path).hash)} {}

  DryVisitOutcome Run();

 private:
  Result<> Look();
  Result<> LookAtReclaimable();
  Result<> LookAtPeers();
  Result<> LookAtMisplaced();
  Result<> LookAtRemoval(const std::vector<bool>& primaries);
  // The database cannot be worked on.
  void GiveUp() {
    CountFailureOfEach(ring_.PrimaryNodes(database_.found.partition), database_.outcome.stats);
  }
  void GiveUpFor(const Error& error);
  bool Allows(Suspicion suspicion) { return database_.tools.brakes.Allows(device_, suspicion); }

  const PassOptions& options_;
  const Ring& ring_;
  const std::string device_;
  const std::unique_ptr<DatabaseBroker> broker_;
  DryDatabase database_;
};

void DryVisit::GiveUpFor(const Error& error) {
  if (error.code == Errc::kNotFound) return;  // gone meanwhile
  if (error.code == Errc::kCorrupt && Allows(Suspicion::kCorrupt)) {
    database_.Add(DryAction::kQuarantine, StrCat(": ", error.message), {},
                  FileSize(database_.found.path));
  } else {
    database_.Add(DryAction::kFail, StrCat(": ", error.message));
  }
  GiveUp();
}

Result<> DryVisit::LookAtReclaimable() {
  if (database_.container() != nullptr && !ContainerBroker::IsReportUpToDate(database_.info)) {
    database_.Add(DryAction::kKeep, ": deleted long ago, but its account has not heard of it yet");
  } else if (!Allows(Suspicion::kReclaimable)) {
    database_.Add(DryAction::kKeep, ": too many deleted ones on this device at once");
    GiveUp();
  } else {
    database_.Add(DryAction::kRemove, ": deleted for longer than reclaim_age", {}, database_.bytes);
    ++database_.outcome.stats.remove;
  }
  return {};
}

Result<> DryVisit::LookAtMisplaced() {
  ContainerBroker* const container = database_.container();
  if (container == nullptr || database_.info.account == kMisplacedObjectsAccount) return {};
  TRY_ASSIGN(const bool has_multiple_policies, container->HasMultiplePolicies());
  if (!has_multiple_policies) return {};
  TRY_ASSIGN(RowId point, container->GetReconcilerSync());
  std::int64_t rows = 0;
  while (!database_.tools.stop.stop_requested()) {
    TRY_ASSIGN(const std::vector<StoredObject> misplaced,
               container->MisplacedSince(point, options_.per_diff));
    if (misplaced.empty()) break;
    rows += static_cast<std::int64_t>(misplaced.size());
    point = misplaced.back().row_id;
  }
  if (rows > 0) database_.Add(DryAction::kQueueMisplaced, " -> the reconciler", rows);
  return {};
}

Result<> DryVisit::LookAtRemoval(const std::vector<bool>& primaries) {
  if (ContainerBroker* container = database_.container()) {
    TRY_ASSIGN(const bool must_shard, container->ShardingRequired());
    if (must_shard) {
      database_.Add(DryAction::kKeep, ": does not belong here, but has to shard first");
      return {};
    }
  }
  const auto successes = std::count(primaries.begin(), primaries.end(), true);
  const std::string share = StrCat(successes, " of ", primaries.size(), " primaries");
  const Removal removal = DecideRemoval(database_.info.max_row, database_.info.max_row, primaries,
                                        options_.handoff_delete);
  if (removal == Removal::kRemove) {
    database_.Add(DryAction::kRemove, StrCat(": does not belong here; ", share, " will have it"),
                  {}, database_.bytes);
    ++database_.outcome.stats.remove;
  } else {
    database_.Add(DryAction::kKeep,
                  StrCat(": does not belong here; only ", share, " would have it"));
  }
  return {};
}

Result<> DryVisit::LookAtPeers() {
  const DeviceId local = database_.found.device_id;
  const bool in_wrong_partition = database_.partition != database_.found.partition;
  const PeerPlan plan =
      PlanPeers(ring_.PrimaryNodes(database_.partition), local, in_wrong_partition);
  PeerRound round(ring_, database_.partition, local, plan);
  while (const Device* node = round.Next()) {
    TRY_ASSIGN(const PeerOutcome outcome, LookAtPeer(database_, *node));
    static_cast<void>(round.Note(outcome));  // the line about the peer says enough
  }
  round.CountInto(database_.outcome.stats);
  TRY(LookAtMisplaced());
  return plan.should_be_here ? Result<>() : LookAtRemoval(round.primaries());
}

Result<> DryVisit::Look() {
  TRY_ASSIGN(database_.info, broker_->GetReplicationInfo());
  TRY_ASSIGN(const std::string file, broker_->DbFile());
  database_.bytes = FileSize(file);
  database_.outcome.has_pending = FileSize(PendingPath(file)) > 0;
  TRY_ASSIGN(database_.partition,
             RightPartition(database_.info, database_.hash, options_.hash_path, ring_));
  TRY_ASSIGN(const bool reclaimable,
             broker_->IsReclaimable(options_.clock->NowSeconds(), options_.reclaim_age_seconds));
  if (database_.partition != database_.found.partition && !Allows(Suspicion::kWrongPartition)) {
    database_.Add(DryAction::kKeep, ": too many in wrong partitions on this device at once");
    GiveUp();
    return {};
  }
  return reclaimable ? LookAtReclaimable() : LookAtPeers();
}

DryVisitOutcome DryVisit::Run() {
  database_.outcome.stats.attempted = 1;
  database_.tools.brakes.OnVisit(device_);
  const auto looked = Look();
  if (!looked && looked.error().code != Errc::kCancelled) GiveUpFor(looked.error());
  return std::move(database_.outcome);
}

}  // namespace

DryVisitOutcome VisitDry(const DryRunTools& tools, const Ring& ring, const FoundDatabase& found) {
  return DryVisit(tools, ring, found).Run();
}

}  // namespace dbrepl
