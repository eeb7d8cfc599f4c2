#include "replicator/replicate_database.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/container_broker.h"
#include "broker/db_path.h"
#include "broker/make_broker.h"
#include "broker/read_hold.h"
#include "broker/sqlite_error.h"
#include "common/files.h"
#include "common/strings.h"
#include "replicator/database_visit.h"
#include "replicator/decide.h"
#include "replicator/handoff_removal.h"
#include "replicator/merge_files.h"
#include "replicator/peer_round.h"
#include "replicator/peer_step.h"
#include "replicator/peer_sync.h"
#include "replicator/post_visit.h"
#include "replicator/sync_store.h"
#include "replicator/tmp_janitor.h"

namespace dbrepl {

namespace {

BrokerOptions OptionsOf(const VisitTools& tools) {
  BrokerOptions options = VisitBrokerOptions(tools.options);
  options.spares = tools.spares;
  return options;
}

class Visitor {
 public:
  Visitor(const VisitTools& tools, const Ring& ring, const FoundDatabase& found)
      : ring_(ring),
        device_(DeviceName(found.path)),
        broker_(MakeBroker(tools.options.kind, found.path, OptionsOf(tools))),
        visit_{.tools = tools,
               .found = found,
               .broker = *broker_,
               .hash = std::string(ParseDbFileName(found.path).hash),
               .partition = found.partition} {}

  PassStats Run();

 private:
  const PassOptions& options() const { return visit_.options(); }
  const Logger& logger() const { return visit_.logger(); }

  // Reclaims, reads what it is and finds out where it belongs.
  Result<> Read();
  Result<> FindItsPlace();
  // The database cannot be worked on: all of its directory's primaries count as failed.
  void GiveUp();
  void GiveUpFor(Error error);
  // True: it was quarantined.
  bool SetAsideIfCorrupt(Error& error);
  void Reclaim();
  void Replicate();
  void AskPeers(PeerRound& round);
  PeerOutcome AskPeer(const Device& node);
  // A problem of our own while this peer was asked.
  void FailFor(Error error, const Device& node);
  void MergeFiles(PeerRound& round);
  void Note(PeerRound& round, const Device& node, PeerOutcome outcome);
  void RunPostVisit(const PeerPlan& plan, const PeerRound& round);
  // True: the database has gone, or stays for a good reason.
  bool Finish(const PeerPlan& plan, const PeerRound& round);
  bool WriteDown();

  const Ring& ring_;
  const std::string device_;
  const std::unique_ptr<DatabaseBroker> broker_;
  DatabaseVisit visit_;
  bool in_wrong_partition_ = false;
  bool reclaimable_ = false;
  bool was_cancelled_ = false;
  bool is_lost_ = false;  // it had to be set aside while peers were asked
};

Result<> Visitor::FindItsPlace() {
  TRY_ASSIGN(visit_.partition,
             RightPartition(visit_.info, visit_.hash, options().hash_path, ring_));
  in_wrong_partition_ = visit_.partition != visit_.found.partition;
  if (in_wrong_partition_) {
    logger().Error("Found ", visit_.path(), " for ", QuotedName(visit_.info),
                   " when it should be on partition ", visit_.partition.value(),
                   "; will replicate out and remove.");
  }
  return {};
}

Result<> Visitor::Read() {
  const double now = options().clock->NowSeconds();
  const double age = options().reclaim_age_seconds;
  const std::vector<std::string> names = RemoveOldConstructions(DirName(visit_.path()), now - age);
  if (ContainerBroker* container = visit_.container())
    container->RememberFiles(DbFilesAmong(names, visit_.path()));
  // One moment for everything; reclaiming ends it early when it takes long or deletes something.
  const ReadHold looks(*broker_);
  TRY(looks.opened());
  TRY(broker_->Reclaim(now - age, now - 2 * age));
  const ReadHold reads(*broker_);
  TRY_ASSIGN(visit_.info, broker_->GetReplicationInfo());
  TRY_ASSIGN(reclaimable_, DatabaseBroker::WasDeletedBefore(visit_.info, now - age));
  if (reclaimable_) {
    TRY_ASSIGN(reclaimable_, broker_->IsReclaimable(now, age));
  }
  TRY_ASSIGN(visit_.outgoing, broker_->GetSyncs(SyncDirection::kOutgoing));
  if (ContainerBroker* container = visit_.container()) {
    TRY_ASSIGN(visit_.reconciler_point, container->GetReconcilerSync());
  }
  const auto metadata = ParseMetadata(visit_.info.metadata);
  if (metadata) visit_.known_metadata = *metadata;
  visit_.known_put_timestamp = visit_.info.put_timestamp;
  visit_.known_delete_timestamp = visit_.info.delete_timestamp;
  return FindItsPlace();
}

void Visitor::GiveUp() {
  CountFailureOfEach(ring_.PrimaryNodes(visit_.found.partition), visit_.stats);
  visit_.Increment("failures");
}

bool Visitor::SetAsideIfCorrupt(Error& error) {
  if (error.code != Errc::kCorrupt) return false;
  if (!visit_.tools.brakes.Allows(device_, Suspicion::kCorrupt)) return false;
  if (!LacksTable(error)) {
    error = broker_->PossiblyQuarantine(std::move(error));
    return true;
  }
  logger().Error("Quarantining DB ", visit_.path());
  if (const auto moved = broker_->Quarantine(error.message); !moved) error = moved.error();
  return true;
}

void Visitor::GiveUpFor(Error error) {
  if (error.code == Errc::kNotFound) {
    logger().Debug("Gone before it was looked at: ", visit_.path());
    return;
  }
  SetAsideIfCorrupt(error);
  logger().Error("ERROR reading db ", visit_.path(), ": ", Printable(MessageWithHint(error)));
  GiveUp();
}

void Visitor::Reclaim() {
  if (options().kind == DbKind::kContainer && !ContainerBroker::IsReportUpToDate(visit_.info))
    return;  // its account has to hear of it first
  if (!visit_.tools.brakes.Allows(device_, Suspicion::kReclaimable)) return GiveUp();
  const auto removed = RemoveReclaimable(visit_);
  if (removed) return;
  const bool changed = removed.error().code == Errc::kBusy;
  logger().Log(
      changed ? LogLevel::kDebug : LogLevel::kError,
      StrCat("Failed to delete db ", visit_.path(), ": ", Printable(removed.error().message)));
  if (!changed) GiveUp();
}

PeerOutcome Visitor::AskPeer(const Device& node) {
  if (is_lost_) return PeerOutcome::kFailed;
  const Device* local = ring_.FindDevice(visit_.found.device_id);
  const bool is_other_region = local != nullptr && local->region != node.region;
  auto outcome = SyncWithPeer(visit_, node, is_other_region);
  if (outcome) return *outcome;
  FailFor(std::move(outcome).error(), node);
  return PeerOutcome::kFailed;
}

void Visitor::FailFor(Error error, const Device& node) {
  was_cancelled_ = error.code == Errc::kCancelled;
  if (was_cancelled_) return;
  is_lost_ = SetAsideIfCorrupt(error);
  logger().Error("ERROR syncing ", visit_.path(), " with node ", PeerName(node), ": ",
                 Printable(MessageWithHint(error)));
}

void Visitor::Note(PeerRound& round, const Device& node, PeerOutcome outcome) {
  const bool has_handoff = round.Note(outcome);
  if (!has_handoff) {
    logger().Error("ERROR There are not enough handoff nodes to reach replica count for partition ",
                   visit_.partition.value());
  }
  if (outcome == PeerOutcome::kNotMounted)
    logger().Error("ERROR Remote drive not mounted ", PeerName(node),
                   "; mount it, or free space if fallocate_reserve does not fit on it any more");
  if (outcome == PeerOutcome::kFileSent) return;  // it is not over
  visit_.Increment(outcome == PeerOutcome::kSynced ? "successes" : "failures");
}

void Visitor::AskPeers(PeerRound& round) {
  while (const Device* node = round.Next()) {
    was_cancelled_ = visit_.tools.stop.stop_requested();
    if (was_cancelled_) return;
    const PeerOutcome outcome = AskPeer(*node);
    if (was_cancelled_) return;
    Note(round, *node, outcome);
  }
}

void Visitor::MergeFiles(PeerRound& round) {
  const auto prepared = PrepareMerges(visit_);
  for (const SentFile& sent : visit_.sent_files) {
    bool is_done = false;
    if (!is_lost_) {
      auto merged = prepared ? MergeSentFile(visit_, sent) : Fail(prepared.error());
      is_done = merged.value_or(false);
      if (!merged) FailFor(std::move(merged).error(), *sent.node);
    }
    if (was_cancelled_) return;
    round.NoteMerge(*sent.node, is_done);
    visit_.Increment(is_done ? "successes" : "failures");
  }
}

void Visitor::RunPostVisit(const PeerPlan& plan, const PeerRound& round) {
  ContainerBroker* container = visit_.container();
  if (container == nullptr || visit_.tools.post_visit == nullptr) return;
  if (PostVisit::HasNothingToDo(visit_.info, visit_.reconciler_point, visit_.known_metadata))
    return;
  // The only replica is a majority by itself.
  const bool is_only_replica = plan.should_be_here && plan.targets.empty();
  const auto point = visit_.tools.post_visit->AfterPeers(
      ring_, *container, visit_.info,
      is_only_replica ? std::vector<bool>{true} : round.responses());
  if (point) {
    visit_.notes.reconciler_point = *point;
  } else {
    logger().Error("UNHANDLED EXCEPTION: in post replicate hook for ", visit_.path(), ": ",
                   Printable(MessageWithHint(point.error())));
  }
}

bool Visitor::WriteDown() {
  auto written = UnlessDiskIsFull(visit_, WriteNotes(visit_.broker, visit_.info.id, visit_.notes));
  if (written) return true;
  Error error = std::move(written).error();
  is_lost_ = SetAsideIfCorrupt(error);
  logger().Error("ERROR writing db ", visit_.path(), ": ", Printable(MessageWithHint(error)));
  return false;
}

bool Visitor::Finish(const PeerPlan& plan, const PeerRound& round) {
  const bool is_complete = !was_cancelled_ && !is_lost_;
  // Whether a container is deleted decides about its link in the sync store.
  if (is_complete && MaySync(visit_.known_metadata) && !WriteDown()) return is_lost_;
  if (is_complete) RunPostVisit(plan, round);
  if (is_complete && !plan.should_be_here) {
    const std::int64_t removed_before = visit_.stats.remove;
    if (!RemoveHandoff(visit_, round.primaries())) return false;
    if (visit_.stats.remove != removed_before) return true;
  }
  return is_lost_ || WriteDown();
}

void Visitor::Replicate() {
  const PeerPlan plan =
      PlanPeers(ring_.PrimaryNodes(visit_.partition), visit_.found.device_id, in_wrong_partition_);
  PeerRound round(ring_, visit_.partition, visit_.found.device_id, plan);
  AskPeers(round);
  if (!was_cancelled_) MergeFiles(round);
  if (!Finish(plan, round)) round.FailAll();
  round.CountInto(visit_.stats);
}

PassStats Visitor::Run() {
  const auto begin = options().clock->SteadyNow();
  logger().Debug("Replicating db ", visit_.path());
  visit_.Count(&PassStats::attempted, "attempts");
  visit_.tools.brakes.OnVisit(device_);
  auto read = Read();
  if (!read) {
    GiveUpFor(std::move(read).error());
  } else if (in_wrong_partition_ &&
             !visit_.tools.brakes.Allows(device_, Suspicion::kWrongPartition)) {
    GiveUp();
  } else {
    if (reclaimable_) {
      Reclaim();
    } else {
      Replicate();
    }
    const std::chrono::duration<double, std::milli> took = options().clock->SteadyNow() - begin;
    if (options().statsd != nullptr) options().statsd->Timing("timing", took.count());
  }
  return std::move(visit_.stats);
}

}  // namespace

PassStats ReplicateDatabase(const VisitTools& tools, const Ring& ring, const FoundDatabase& found) {
  return Visitor(tools, ring, found).Run();
}

}  // namespace dbrepl
