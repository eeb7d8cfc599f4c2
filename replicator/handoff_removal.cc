#include "replicator/handoff_removal.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "broker/db_path.h"
#include "broker/make_broker.h"
#include "broker/transaction.h"
#include "common/strings.h"
#include "replicator/decide.h"
#include "replicator/post_visit.h"
#include "replicator/removal.h"
#include "replicator/shared/replaced_files.h"
#include "replicator/sync_store.h"

namespace dbrepl {

namespace {

tl::unexpected<Error> Changed(const DatabaseVisit& visit, std::string_view what) {
  return Fail(Errc::kBusy, StrCat(visit.path(), ": ", what));
}

// The database under all its locks, from the last look until its files are gone. Who waits for the
// lock meanwhile and gets it then, in a file without a name, is refused: what he wrote there would
// be acknowledged and lost.
class LastLook {
 public:
  explicit LastLook(DatabaseVisit& visit)
      : visit_(visit), options_(VisitBrokerOptions(visit.options())) {
    options_.skip_commits = true;  // the directory's lock is held; and pending records are news
  }

  // With the directory's lock held.
  Result<> LockAndLook() {
    locker_ = MakeBroker(visit_.broker.kind(), visit_.path(), options_);
    TRY_ASSIGN(const std::string file, locker_->DbFile());
    TRY_ASSIGN(file_, ReplacedFiles::Open(file));
    TRY_ASSIGN(Transaction lock, locker_->Lock());
    lock_.emplace(std::move(lock));
    struct stat pending {};
    if (::stat(PendingPath(file).c_str(), &pending) == 0 && pending.st_size > 0)
      return Changed(visit_, "records are pending");
    // A second connection: the first is inside the transaction that keeps writers out.
    reader_ = MakeBroker(visit_.broker.kind(), file, options_);
    return {};
  }
  DatabaseBroker& reader() { return *reader_; }

  void ForbidWriting() {
    if (!file_) return;  // it was gone already
    if (const auto marked = ReplacedFiles::MarkReadOnly(file_); !marked)
      visit_.logger().Warning(visit_.path(), ": ", marked.error().message);
  }

 private:
  DatabaseVisit& visit_;
  BrokerOptions options_;
  // Destroyed from the end: closing the descriptor gives up all of the process's locks on the file.
  UniqueFd file_;
  std::unique_ptr<DatabaseBroker> locker_;
  std::optional<Transaction> lock_;
  std::unique_ptr<DatabaseBroker> reader_;
};

// Is everything in it known to peers? Rows by max_row, which never falls.
Result<> CheckNothingNew(DatabaseVisit& visit, DatabaseBroker& reader) {
  TRY_ASSIGN(const ReplicationInfo now, reader.GetReplicationInfo());
  if (now.id != visit.info.id) return Changed(visit, "was replaced");
  if (now.max_row != visit.info.max_row) return Changed(visit, "rows arrived");
  TRY_ASSIGN(const Metadata metadata, ParseMetadata(now.metadata));
  Metadata known = visit.known_metadata;
  if (MergeMetadata(known, metadata)) return Changed(visit, "metadata arrived");
  if (now.put_timestamp > visit.known_put_timestamp ||
      now.delete_timestamp > visit.known_delete_timestamp) {
    return Changed(visit, "was put or deleted");
  }
  auto* container = dynamic_cast<ContainerBroker*>(&reader);
  if (container == nullptr || !visit.told_shard_ranges) return {};
  TRY_ASSIGN(const std::vector<ShardRange> ranges, container->GetAllShardRanges());
  if (ranges != *visit.told_shard_ranges) return Changed(visit, "shard ranges arrived");
  return {};
}

Result<> CheckReclaimable(DatabaseVisit& visit, DatabaseBroker& reader) {
  const PassOptions& options = visit.options();
  TRY_ASSIGN(const bool reclaimable,
             reader.IsReclaimable(options.clock->NowSeconds(), options.reclaim_age_seconds));
  return reclaimable ? Result<>() : Changed(visit, "is in use again");
}

// Not the reconciler's, into which other visits put entries.
bool MayRemove(DatabaseVisit& visit) {
  PostVisit* post_visit = visit.tools.post_visit;
  return post_visit == nullptr || post_visit->MayRemove(visit.info, visit.found);
}

void ForgetInSyncStore(DatabaseVisit& visit) {
  if (visit.container() == nullptr) return;
  if (const auto removed = RemoveFromSyncStore(visit.path()); !removed) {
    visit.logger().Error("Failed to remove sync_store entry ", visit.path(), ": ",
                         removed.error().message);
  }
}

using Check = Result<> (*)(DatabaseVisit& visit, DatabaseBroker& reader);

Result<> RemoveIf(DatabaseVisit& visit, Check check) {
  visit.broker.CloseConnection();
  LastLook look(visit);
  const BeforeRemoval last_look = [&]() -> Result<> {
    TRY(look.LockAndLook());
    TRY(check(visit, look.reader()));
    ForgetInSyncStore(visit);
    return {};
  };
  TRY(RemoveDatabase(visit.path(), last_look));
  look.ForbidWriting();
  ++visit.stats.remove;
  visit.Increment(StrCat("removes.", DeviceName(visit.path())));
  return {};
}

Result<bool> MustStillShard(DatabaseVisit& visit) {
  ContainerBroker* container = visit.container();
  if (container == nullptr) return false;
  TRY_ASSIGN(const bool required, container->ShardingRequired());
  if (!required) return false;
  TRY_ASSIGN(const DbState state, container->GetDbState());
  visit.logger().Debug("Not deleting db ", visit.path(), " (requires sharding, state ",
                       DbStateName(state), ")");
  return true;
}

// Swift's words for why it stays; empty when it may go.
Result<std::string> ReasonToKeep(DatabaseVisit& visit, const std::vector<bool>& responses) {
  TRY_ASSIGN(const std::int64_t max_row, visit.broker.GetMaxRow());
  const std::int64_t delta = max_row - visit.info.max_row;
  switch (DecideRemoval(visit.info.max_row, max_row, responses, visit.options().handoff_delete)) {
    case Removal::kKeepRowsVanished: return StrCat("negative max_row_delta: ", delta);
    case Removal::kKeepRowsArrived: return StrCat(delta, " new rows");
    case Removal::kKeepPeersMissing:
      return StrCat(std::count(responses.begin(), responses.end(), true), "/", responses.size(),
                    " success");
    case Removal::kRemove: break;
  }
  return std::string();
}

Result<> RemoveHandoffOrSay(DatabaseVisit& visit, const std::vector<bool>& responses) {
  if (ContainerBroker* container = visit.container()) container->ReloadFiles();
  TRY_ASSIGN(const bool must_stay, MustStillShard(visit));
  if (must_stay) return {};
  TRY_ASSIGN(const std::string reason, ReasonToKeep(visit, responses));
  if (!reason.empty()) {
    const bool is_error = reason.starts_with("negative");
    visit.logger().Log(is_error ? LogLevel::kError : LogLevel::kDebug,
                       StrCat("Not deleting db ", visit.path(), " (", reason, ")"));
    return {};
  }
  if (!MayRemove(visit)) return Fail(Errc::kBusy, "it may still be filled in this pass");
  auto removed = RemoveIf(visit, CheckNothingNew);
  if (!removed && removed.error().code == Errc::kBusy) {
    visit.logger().Debug("Not deleting db: ", removed.error().message);
    return {};
  }
  if (removed) visit.logger().Debug("Successfully deleted db ", visit.path());
  return removed;
}

}  // namespace

bool RemoveHandoff(DatabaseVisit& visit, const std::vector<bool>& responses) {
  const auto removed = RemoveHandoffOrSay(visit, responses);
  if (removed) return true;
  visit.logger().Error("Failed to delete db ", visit.path(), ": ",
                       Printable(MessageWithHint(removed.error())));
  return false;
}

Result<> RemoveReclaimable(DatabaseVisit& visit) {
  return MayRemove(visit) ? RemoveIf(visit, CheckReclaimable) : Result<>();
}

}  // namespace dbrepl
