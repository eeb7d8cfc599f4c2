#include "replicator/send_file.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "broker/read_hold.h"
#include "common/files.h"
#include "common/strings.h"
#include "replicator/decide.h"
#include "replicator/file_receivers.h"
#include "replicator/file_sender.h"
#include "replicator/send_rows.h"

namespace dbrepl {

namespace {

// The database may have been replaced, or have begun to shard, while its file was on the way; then
// the file is not what the peer is to be told of.
Result<> CheckStillTheSame(DatabaseVisit& visit, const std::string& file) {
  visit.broker.CloseConnection();
  if (ContainerBroker* container = visit.container()) container->ReloadFiles();
  TRY_ASSIGN(const std::string now, visit.broker.DbFile());
  const ReadHold hold(visit.broker);
  TRY_ASSIGN(const std::string id, visit.broker.GetId());
  if (now == file && id == visit.info.id) return {};
  return Fail(Errc::kBusy, StrCat(file, ": was replaced while it was being sent"));
}

// What earlier peers told goes with the file, and is written down before a long transfer, during
// which those peers may visit us. Of receivers that had no rows it need not for a small database:
// what they would send is less than the writing costs.
Result<> WriteNotesOfEarlierPeers(PeerStep& step) {
  if (!step.earlier_peers_left_notes) return {};
  DatabaseVisit& visit = step.visit;
  const bool is_small = visit.info.max_row <= visit.options().per_diff;
  const bool had_rows =
      std::any_of(visit.file_receivers.begin(), visit.file_receivers.end(),
                  [](const FileReceiver& earlier) { return earlier.has_own_rows; });
  if (visit.notes.is_of_receivers_only() && is_small && !had_rows) return {};
  return UnlessDiskIsFull(visit, WriteNotes(visit.broker, visit.info.id, visit.notes));
}

// False: the sender failed.
Result<bool> SendFile(PeerStep& step, const std::string& file) {
  DatabaseVisit& visit = step.visit;
  TRY(WriteNotesOfEarlierPeers(step));
  const auto sent =
      visit.tools.files.Send(visit.broker, visit.info.id, step.peer.node(), step.is_other_region);
  if (!sent && sent.error().code == Errc::kCancelled) return Fail(sent.error());
  if (!sent) return false;
  TRY(CheckStillTheSame(visit, file));
  return true;
}

// A Swift receiver gives the file a new id, knows nothing of what we have under it, and would send
// all of it back to us. All of its rows up to our last one are ours, for what it merged into the
// file came after them (a row that changes gets a new ROWID).
//
// That holds only if no other file has replaced this one since. Then the receiver says that it has
// our rows up to exactly its own last one: newid writes that, nothing else does. Its new id, and
// step.answer is its new state; empty: so it was not.
Result<std::string> LearnNewId(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  if (visit.info.max_row < 0) return std::string();  // no rows, none to send back
  auto answer = step.peer.Sync(visit.info, WithPolicy(visit));
  if (!answer) return std::string();  // no harm: it sends its rows
  std::string id = answer->info.id;
  if (id == step.answer.info.id || id == visit.info.id) return std::string();
  if (answer->point != answer->info.max_row || answer->point < visit.info.max_row)
    return std::string();
  if (answer->point - visit.info.max_row > kMostRows) return std::string();
  step.answer = *std::move(answer);
  return id;
}

// The rows that a Swift receiver has of its own come last in the file, and it takes their ROWIDs
// for ours: whatever we gave such a ROWID later it would never be sent, and would yet be told that
// it has it. So we give none of them to any row, and take them from those that came in while the
// file was on the way: whatever becomes of the request and its answer, they are sent some day...
Result<> PassOverItsRowIds(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  const std::int64_t rows = std::clamp(step.answer.info.max_row, std::int64_t{0}, kMostRows);
  TRY_ASSIGN(const std::int64_t max_row, visit.broker.GetMaxRow());
  return visit.broker.MoveRowsBeyond(visit.info.max_row, max_row + rows);
}

// ...which is now, if the answer came.
Result<bool> SendRowsInBetween(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  TRY(visit.broker.MoveRowsBeyond(step.answer.point, step.answer.point));
  TRY_ASSIGN(const ItemsPage arrived, visit.broker.ItemsSince(visit.info.max_row, 1));
  if (arrived.count != 0) return SendRows(step, visit.info.max_row);
  TRY_ASSIGN(visit.info.max_row, visit.broker.GetMaxRow());  // no news, but for the number
  return true;
}

// The peer has taken the file; an own server has said under which id. False: nothing is known.
Result<bool> NoteReceiver(PeerStep& step, std::string id, bool has_own_rows) {
  if (!step.peer.is_own()) {
    TRY_ASSIGN(id, LearnNewId(step));
  }
  const std::int64_t max_row = step.visit.info.max_row;
  if (id.empty() || max_row < 0) return false;
  TRY(IntroduceReceiver(step.visit, {&step.peer.node(), std::move(id), max_row, has_own_rows}));
  return true;
}

}  // namespace

Result<bool> SendMissingDatabase(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  visit.Count(&PassStats::rsync, "rsyncs");
  TRY_ASSIGN(const std::string file, visit.broker.DbFile());
  TRY_ASSIGN(const bool sent, SendFile(step, file));
  if (!sent) return false;
  auto taken = step.peer.CompleteRsync(visit.info.id, BaseName(file));
  if (!taken) return PeerDid(visit, Fail(std::move(taken).error()));
  TRY(NoteReceiver(step, *std::move(taken), false));
  return true;
}

Result<bool> SendFileToMerge(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  visit.Count(&PassStats::remote_merge, "remote_merges");
  TRY_ASSIGN(const std::string file, visit.broker.DbFile());
  TRY_ASSIGN(const bool sent, SendFile(step, file));
  if (!sent) return false;
  if (!step.peer.is_own()) TRY(PassOverItsRowIds(step));
  const auto timeout = RemoteMergeTimeout(visit.info.max_row, step.answer.info.max_row,
                                          visit.options().node_timeout);
  auto merged = step.peer.RsyncThenMerge(visit.info.id, BaseName(file), timeout);
  if (!merged) return PeerDid(visit, Fail(std::move(merged).error()));
  TRY_ASSIGN(const bool is_known, NoteReceiver(step, *std::move(merged), true));
  return is_known && !step.peer.is_own() ? SendRowsInBetween(step) : Result<bool>(true);
}

}  // namespace dbrepl
