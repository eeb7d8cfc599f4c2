#include "replicator/post_visit.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "broker/read_hold.h"
#include "common/strings.h"
#include "replicator/sync_store.h"

namespace dbrepl {
namespace {

bool HasMajority(const std::vector<bool>& responses) {
  const auto successes = std::count(responses.begin(), responses.end(), true);
  return static_cast<std::size_t>(successes) >= responses.size() / 2 + 1;
}

}  // namespace

PostVisit::PostVisit(const PassOptions& options, std::vector<DeviceId> local_devices,
                     std::stop_token stop)
    : options_(options), stop_(std::move(stop)), queue_(options, std::move(local_devices)) {}

bool PostVisit::HasNothingToDo(const ReplicationInfo& info, RowId reconciler_point,
                               const Metadata& known_metadata) {
  return reconciler_point == info.max_row && !MaySync(known_metadata);
}

Result<std::optional<RowId>> PostVisit::AfterPeers(const Ring& ring, ContainerBroker& broker,
                                                   const ReplicationInfo& info,
                                                   const std::vector<bool>& responses) {
  if (info.account == kMisplacedObjectsAccount) return std::nullopt;
  Misplaced misplaced;
  {
    const ReadHold hold(broker);
    if (const auto updated = UpdateSyncStore(broker); !updated) {
      options_.logger.Error("Failed to update sync_store ", broker.path(), ": ",
                            updated.error().message);
    }
    TRY_ASSIGN(misplaced, ReadMisplaced(broker, info));
  }
  if (misplaced.is_single_policy) return info.max_row;
  const RowId point = misplaced.point;
  TRY_ASSIGN(const RowId done, DumpToReconciler(ring, broker, std::move(misplaced)));
  if (done > point && HasMajority(responses)) return done;
  return std::nullopt;
}

Result<PostVisit::Misplaced> PostVisit::ReadMisplaced(ContainerBroker& broker,
                                                      const ReplicationInfo& info) {
  Misplaced misplaced;
  TRY_ASSIGN(misplaced.point, broker.GetReconcilerSync());
  if (misplaced.point != info.max_row) {
    TRY_ASSIGN(const bool has_several, broker.HasMultiplePolicies());
    misplaced.is_single_policy = !has_several;
  }
  // Before the rows: those that come in between stay beyond the point.
  TRY_ASSIGN(misplaced.max_row, broker.GetMaxRow());
  if (misplaced.is_single_policy || misplaced.point == misplaced.max_row) return misplaced;
  TRY_ASSIGN(misplaced.first_rows, broker.MisplacedSince(misplaced.point, options_.per_diff));
  return misplaced;
}

Result<RowId> PostVisit::DumpToReconciler(const Ring& ring, ContainerBroker& broker,
                                          Misplaced found) {
  std::vector<StoredObject> misplaced = std::move(found.first_rows);
  if (misplaced.empty()) return found.max_row;
  TRY_ASSIGN(const std::string root_path, broker.RootPath());
  RowId done = found.point;
  bool is_complete = true;
  while (!misplaced.empty() && !stop_.stop_requested()) {
    is_complete = Enqueue(ring, misplaced, root_path, broker.path()) && is_complete;
    const RowId last = misplaced.back().row_id;
    if (is_complete) done = last;
    TRY_ASSIGN(misplaced, broker.MisplacedSince(last, options_.per_diff));
  }
  return done;
}

bool PostVisit::Enqueue(const Ring& ring, const std::vector<StoredObject>& misplaced,
                        const std::string& root_path, const std::string& db_path) {
  bool is_complete = true;
  const auto complain = [&](const std::string& message) {
    options_.logger.Error(message);
    is_complete = false;
  };
  std::map<std::string, std::vector<ObjectItem>> by_container;
  for (const StoredObject& stored : misplaced) {
    const auto container = ReconcilerContainer(stored.row.created_at);
    if (container) {
      by_container[*container].push_back(ReconcilerEntry(stored.row, root_path));
    } else {
      complain(StrCat(db_path, ": row ", stored.row_id,
                      " cannot be handed to the reconciler: ", container.error().message));
    }
  }
  for (auto& [container, entries] : by_container)
    if (const auto added = queue_.Add(ring, container, std::move(entries)); !added)
      complain(added.error().message);
  return is_complete;
}

bool PostVisit::MayRemove(const ReplicationInfo& info, const FoundDatabase& found) {
  if (info.account != kMisplacedObjectsAccount) return true;
  const MutexLock lock(mutex_);
  if (defers_removal_) to_remove_.insert_or_assign(found.path, found);
  return !defers_removal_;
}

void PostVisit::AfterWalk(const std::function<void(const std::vector<FoundDatabase>&)>& visit_all) {
  const std::vector<FoundDatabase> filled = queue_.Databases();
  {
    const MutexLock lock(mutex_);
    if (filled.empty() && to_remove_.empty()) return;
  }
  options_.logger.Info("Replicating ", filled.size(), " reconciler containers");
  visit_all(filled);
  std::vector<FoundDatabase> to_remove;
  {
    const MutexLock lock(mutex_);
    defers_removal_ = false;
    for (const auto& [path, found] : std::exchange(to_remove_, {})) to_remove.push_back(found);
  }
  options_.logger.Info("Cleaning up ", to_remove.size(), " reconciler containers");
  // Visited anew: entries may have been put in after its peers were asked.
  visit_all(to_remove);
  options_.logger.Info("Finished reconciler replication");
}

}  // namespace dbrepl
