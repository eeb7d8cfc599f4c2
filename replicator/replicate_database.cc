#include "replicator/replicate_database.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/container_broker.h"
#include "broker/db_path.h"
#include "broker/make_broker.h"
#include "broker/read_hold.h"
#include "broker/sqlite_error.h"
#include "common/strings.h"
#include "replicator/database_visit.h"
#include "replicator/decide.h"
#include "replicator/handoff_removal.h"
#include "replicator/peer_sync.h"
#include "replicator/post_visit.h"

namespace dbrepl {

namespace {

// A place of a replica, as failures are counted.
std::pair<std::string, std::string> PlaceOf(const Device& device) {
  return {device.replication_ip, device.device};
}

// What came of the peers of one visit.
struct PeersAsked {
  std::vector<bool> responses;  // in the order asked; of handoffs in place of 507s too
  std::vector<bool> primaries;  // those of primaries alone
  std::set<std::pair<std::string, std::string>> asked;
  std::set<std::pair<std::string, std::string>> failed;
  bool was_cancelled = false;
  bool is_lost = false;  // the local database had to be set aside
};

class Visitor {
 public:
  Visitor(const VisitTools& tools, const Ring& ring, const FoundDatabase& found)
      : ring_(ring),
        device_(DeviceName(found.path)),
        broker_(MakeBroker(tools.options.kind, found.path, VisitBrokerOptions(tools.options))),
        visit_{.tools = tools,
               .found = found,
               .broker = *broker_,
               .hash = std::string(ParseDbFileName(found.path).hash),
               .partition = found.partition} {}

  VisitOutcome Run();

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
  void Replicate(VisitOutcome& outcome);
  PeersAsked AskPeers(const PeerPlan& plan);
  PeerOutcome AskPeer(const Device& node, PeersAsked& peers);
  void RunPostVisit(const PeerPlan& plan, const PeersAsked& peers);
  void CountPeers(const PeersAsked& peers);

  const Ring& ring_;
  const std::string device_;
  const std::unique_ptr<DatabaseBroker> broker_;
  DatabaseVisit visit_;
  bool in_wrong_partition_ = false;
  bool reclaimable_ = false;
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
  TRY(broker_->Reclaim(now - age, now - 2 * age));
  const ReadHold hold(*broker_);
  TRY_ASSIGN(visit_.info, broker_->GetReplicationInfo());
  TRY_ASSIGN(reclaimable_, broker_->IsReclaimable(now, age));
  const auto metadata = ParseMetadata(visit_.info.metadata);
  if (metadata) visit_.known_metadata = *metadata;
  visit_.known_put_timestamp = visit_.info.put_timestamp;
  visit_.known_delete_timestamp = visit_.info.delete_timestamp;
  return FindItsPlace();
}

void Visitor::GiveUp() {
  for (const Device* node : ring_.PrimaryNodes(visit_.found.partition))
    visit_.stats.AddFailure(node->replication_ip, node->device);
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
  logger().Error("ERROR reading db ", visit_.path(), ": ", Printable(error.message));
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

PeerOutcome Visitor::AskPeer(const Device& node, PeersAsked& peers) {
  if (peers.is_lost) return PeerOutcome::kFailed;
  const Device* local = ring_.FindDevice(visit_.found.device_id);
  const bool is_other_region = local != nullptr && local->region != node.region;
  auto outcome = SyncWithPeer(visit_, node, is_other_region);
  if (outcome) return *outcome;
  Error error = std::move(outcome).error();
  peers.was_cancelled = error.code == Errc::kCancelled;
  if (peers.was_cancelled) return PeerOutcome::kFailed;
  peers.is_lost = SetAsideIfCorrupt(error);
  logger().Error("ERROR syncing ", visit_.path(), " with node ", PeerName(node), ": ",
                 Printable(error.message));
  return PeerOutcome::kFailed;
}

PeersAsked Visitor::AskPeers(const PeerPlan& plan) {
  PeersAsked peers;
  std::vector<const Device*> targets = plan.targets;
  Handoffs handoffs = ring_.HandoffsOf(visit_.partition);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Device& node = *targets[i];
    peers.was_cancelled = visit_.tools.stop.stop_requested();
    if (peers.was_cancelled) break;
    const PeerOutcome outcome = AskPeer(node, peers);
    if (peers.was_cancelled) break;
    if (outcome == PeerOutcome::kNotMounted) {
      const Device* next = handoffs.Next();
      while (next != nullptr && next->id == visit_.found.device_id) next = handoffs.Next();
      if (next != nullptr) {
        targets.push_back(next);
      } else {
        logger().Error(
            "ERROR There are not enough handoff nodes to reach replica count for "
            "partition ",
            visit_.partition.value());
      }
      logger().Error("ERROR Remote drive not mounted ", PeerName(node));
    }
    const bool synced = outcome == PeerOutcome::kSynced;
    peers.asked.insert(PlaceOf(node));
    if (!synced) peers.failed.insert(PlaceOf(node));
    visit_.Increment(synced ? "successes" : "failures");
    peers.responses.push_back(synced);
    if (i < plan.targets.size()) peers.primaries.push_back(synced);
  }
  return peers;
}

void Visitor::CountPeers(const PeersAsked& peers) {
  visit_.stats.success += static_cast<std::int64_t>(peers.asked.size() - peers.failed.size());
  for (const auto& [ip, device] : peers.failed) visit_.stats.AddFailure(ip, device);
}

void Visitor::RunPostVisit(const PeerPlan& plan, const PeersAsked& peers) {
  ContainerBroker* container = visit_.container();
  if (container == nullptr || visit_.tools.post_visit == nullptr) return;
  // The only replica is a majority by itself.
  const bool is_only_replica = plan.should_be_here && plan.targets.empty();
  const auto done = visit_.tools.post_visit->AfterPeers(
      ring_, *container, visit_.info, is_only_replica ? std::vector<bool>{true} : peers.responses);
  if (!done) {
    logger().Error("UNHANDLED EXCEPTION: in post replicate hook for ", visit_.path(), ": ",
                   Printable(done.error().message));
  }
}

void Visitor::Replicate(VisitOutcome& outcome) {
  const PeerPlan plan =
      PlanPeers(ring_.PrimaryNodes(visit_.partition), visit_.found.device_id, in_wrong_partition_);
  PeersAsked peers = AskPeers(plan);
  outcome.was_cancelled = peers.was_cancelled;
  const bool is_complete = !peers.was_cancelled && !peers.is_lost;
  if (is_complete) RunPostVisit(plan, peers);
  if (is_complete && !plan.should_be_here && !RemoveHandoff(visit_, peers.primaries))
    peers.failed = peers.asked;
  CountPeers(peers);
}

VisitOutcome Visitor::Run() {
  const auto begin = options().clock->SteadyNow();
  logger().Debug("Replicating db ", visit_.path());
  visit_.Count(&PassStats::attempted, "attempts");
  visit_.tools.brakes.OnVisit(device_);
  VisitOutcome outcome;
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
      Replicate(outcome);
    }
    const std::chrono::duration<double, std::milli> took = options().clock->SteadyNow() - begin;
    if (options().statsd != nullptr) options().statsd->Timing("timing", took.count());
  }
  outcome.stats = std::move(visit_.stats);
  return outcome;
}

}  // namespace

VisitOutcome ReplicateDatabase(const VisitTools& tools, const Ring& ring,
                               const FoundDatabase& found) {
  return Visitor(tools, ring, found).Run();
}

}  // namespace dbrepl
