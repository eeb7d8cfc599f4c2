#include "replicator/file_receivers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/strings.h"
#include "replicator/peer_replica.h"
#include "replicator/peer_step.h"

namespace dbrepl {

namespace {

// A Swift receiver gives the file a new id, knows nothing of what we have under it, and would send
// all of it back to us. All of its rows up to our last one are ours, for what it merged into the
// file came after them (a row that changes gets a new ROWID).
//
// That holds only if no other file has replaced this one since. Then the receiver says that it has
// our rows up to exactly its own last one: newid writes that, nothing else does. Its new id, and
// step.answer is its new state; empty: so it was not.
Result<std::string> LearnNewId(PeerStep& step, std::int64_t max_row) {
  DatabaseVisit& visit = step.visit;
  if (max_row < 0) return std::string();  // no rows, none to send back
  auto answer = step.peer.Sync(visit.info, WithPolicy(visit));
  if (!answer) return std::string();  // no harm: it sends its rows
  std::string id = answer->info.id;
  if (id == step.answer.info.id || id == visit.info.id) return std::string();
  if (answer->point != answer->info.max_row || answer->point < max_row) return std::string();
  if (answer->point - max_row > kMostRows) return std::string();
  step.answer = *std::move(answer);
  return id;
}

// One is told that it has the other's rows, up to the last one that came from our file.
SyncPoint PointAbout(const FileReceiver& about, const FileReceiver& other) {
  return {about.id, std::min(about.max_row, other.max_row)};
}

bool NeedNotKnowEachOther(const FileReceiver& one, const FileReceiver& other) {
  return !one.has_own_rows && !other.has_own_rows;
}

Result<> TellEarlier(const DatabaseVisit& visit, const FileReceiver& earlier,
                     const FileReceiver& newcomer) {
  PeerReplica peer(visit.tools.ask, *earlier.node, visit.partition, visit.hash,
                   visit.options().node_timeout, *visit.options().clock);
  TRY_ASSIGN(const SyncAnswer answer, peer.Sync(visit.info, WithPolicy(visit)));
  // Another id: it was quarantined or removed since, and then it has no rows either.
  if (answer.info.id != earlier.id) return {};
  return peer.MergeSyncs({PointAbout(newcomer, earlier)});
}

Result<> TellNewcomer(PeerStep& step, const FileReceiver& newcomer) {
  std::vector<SyncPoint> points;
  for (const FileReceiver& earlier : step.visit.file_receivers) {
    if (!NeedNotKnowEachOther(earlier, newcomer)) points.push_back(PointAbout(earlier, newcomer));
  }
  return points.empty() ? Result<>() : step.peer.MergeSyncs(points);
}

// Only kCancelled is an error.
Result<> Forgive(const DatabaseVisit& visit, const Result<>& told) {
  if (told) return {};
  if (told.error().code == Errc::kCancelled) return Fail(told.error());
  visit.logger().Debug(visit.path(),
                       " will be sent twice in part: ", Printable(told.error().message));
  return {};
}

}  // namespace

Result<bool> NoteReceiver(PeerStep& step, FileReceiver newcomer) {
  DatabaseVisit& visit = step.visit;
  if (!step.peer.is_own()) {
    TRY_ASSIGN(newcomer.id, LearnNewId(step, newcomer.max_row));
  }
  if (newcomer.id.empty() || newcomer.max_row < 0) return false;
  visit.notes.incoming.push_back({newcomer.id, newcomer.max_row});
  TRY(Forgive(visit, TellNewcomer(step, newcomer)));
  for (const FileReceiver& earlier : visit.file_receivers) {
    if (NeedNotKnowEachOther(earlier, newcomer)) continue;
    TRY(Forgive(visit, TellEarlier(visit, earlier, newcomer)));
  }
  visit.file_receivers.push_back(std::move(newcomer));
  return true;
}

}  // namespace dbrepl
