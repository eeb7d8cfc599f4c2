#include "replicator/merge_files.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "broker/read_hold.h"
#include "common/files.h"
#include "common/strings.h"
#include "replicator/decide.h"
#include "replicator/file_receivers.h"
#include "replicator/peer_step.h"
#include "replicator/send_file.h"
#include "replicator/send_rows.h"

namespace dbrepl {

namespace {

// The rows that a Swift receiver has of its own come last in the file, and it takes their ROWIDs
// for ours: whatever we gave such a ROWID later it would never be sent, and would yet be told that
// it has it. So we give none of them to any row, and take them from those that came in while the
// files were on the way: whatever becomes of the requests and their answers, they are sent some
// day... That is why no file is merged before all are sent: what we write here once for all would
// be in the next file, and its receiver's rows behind it.
Result<> PassOverTheirRowIds(DatabaseVisit& visit) {
  std::int64_t rows = -1;
  for (const SentFile& sent : visit.sent_files) {
    if (sent.answer.is_own) continue;
    rows = std::max(rows, std::clamp(sent.answer.info.max_row, std::int64_t{0}, kMostRows));
  }
  if (rows < 0) return {};
  const ReadHold reads(visit.broker);
  TRY_ASSIGN(const std::int64_t max_row, visit.broker.GetMaxRow());
  return visit.broker.MoveRowsBeyond(visit.info.max_row, max_row + rows);
}

// Nothing has come in behind this row, which is the last one of the file: the database's last ROWID
// is a number that stands for that. Else nullopt.
Result<std::optional<std::int64_t>> MaxRowWithoutNews(DatabaseVisit& visit, std::int64_t last,
                                                      std::int64_t taken) {
  const ReadHold reads(visit.broker);
  TRY(visit.broker.MoveRowsBeyond(taken, taken));
  // Looked at before the rows: one that comes in later makes another number.
  TRY_ASSIGN(const std::int64_t max_row, visit.broker.GetMaxRow());
  TRY_ASSIGN(const ItemsPage arrived, visit.broker.ItemsSince(last, 1));
  return arrived.count == 0 ? std::optional(max_row) : std::nullopt;
}

// ...which is now, if the answer came. `last`: the last row of the file.
Result<bool> SendRowsInBetween(PeerStep& step, std::int64_t last) {
  TRY_ASSIGN(const auto max_row, MaxRowWithoutNews(step.visit, last, step.answer.point));
  if (!max_row) return SendRows(step, last);
  step.visit.info.max_row = *max_row;
  return true;
}

// While a long merge lasts, peers may visit us.
Result<> WriteNotesBefore(DatabaseVisit& visit, std::chrono::milliseconds timeout) {
  if (timeout <= visit.options().node_timeout) return {};
  return UnlessDiskIsFull(visit, WriteNotes(visit.broker, visit.info.id, visit.notes));
}

}  // namespace

Result<> PrepareMerges(DatabaseVisit& visit) {
  if (visit.sent_files.empty()) return {};
  const std::string& file = visit.sent_files.front().file;
  TRY(CheckStillTheSame(visit, file));
  for (const SentFile& sent : visit.sent_files)
    if (sent.file != file) return Fail(Errc::kBusy, StrCat(file, ": was replaced"));
  return PassOverTheirRowIds(visit);
}

Result<bool> MergeSentFile(DatabaseVisit& visit, const SentFile& sent) {
  TRY(GoOn(visit));
  PeerReplica peer(visit.tools.ask, *sent.node, visit.partition, visit.hash,
                   visit.options().node_timeout, *visit.options().clock);
  const auto timeout =
      RemoteMergeTimeout(sent.max_row, sent.answer.info.max_row, visit.options().node_timeout);
  TRY(WriteNotesBefore(visit, timeout));
  PeerStep step{visit, peer, sent.answer, sent.is_other_region};
  auto merged = peer.RsyncThenMerge(visit.info.id, BaseName(sent.file), timeout);
  if (!merged) return PeerDid(visit, Fail(std::move(merged).error()));
  TRY_ASSIGN(const bool is_known,
             NoteReceiver(step, {sent.node, *std::move(merged), sent.max_row, true}));
  if (is_known && !peer.is_own()) {
    TRY_ASSIGN(const bool sent_all, SendRowsInBetween(step, sent.max_row));
    if (!sent_all) return false;
  }
  return !sent.lacks_shard_ranges;
}

}  // namespace dbrepl
