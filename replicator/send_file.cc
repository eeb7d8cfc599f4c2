#include "replicator/send_file.h"

#include <string>

#include "broker/read_hold.h"
#include "common/files.h"
#include "common/strings.h"
#include "replicator/file_receivers.h"
#include "replicator/file_sender.h"

namespace dbrepl {

Result<> CheckStillTheSame(DatabaseVisit& visit, const std::string& file) {
  visit.broker.CloseConnection();
  if (ContainerBroker* container = visit.container()) container->ReloadFiles();
  TRY_ASSIGN(const std::string now, visit.broker.DbFile());
  const ReadHold hold(visit.broker);
  TRY_ASSIGN(const std::string id, visit.broker.GetId());
  if (now == file && id == visit.info.id) return {};
  return Fail(Errc::kBusy, StrCat(file, ": was replaced while it was being sent"));
}

namespace {

// What earlier peers told goes with the file, and is written down before a long transfer, during
// which those peers may visit us. Of receivers that had no rows it need not for a small database:
// what they would send is less than the writing costs.
Result<> WriteNotesOfEarlierPeers(PeerStep& step) {
  if (!step.earlier_peers_left_notes) return {};
  DatabaseVisit& visit = step.visit;
  const bool is_small = visit.info.max_row <= visit.options().per_diff;
  if (visit.notes.is_of_receivers_only() && is_small) return {};
  return UnlessDiskIsFull(visit, WriteNotes(visit.broker, visit.info.id, visit.notes));
}

// False: the sender failed.
Result<bool> SendFile(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  TRY(WriteNotesOfEarlierPeers(step));
  const auto sent =
      visit.tools.files.Send(visit.broker, visit.info.id, step.peer.node(), step.is_other_region);
  if (!sent && sent.error().code == Errc::kCancelled) return Fail(sent.error());
  return sent.has_value();
}

}  // namespace

Result<bool> SendMissingDatabase(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  visit.Count(&PassStats::rsync, "rsyncs");
  TRY_ASSIGN(const std::string file, visit.broker.DbFile());
  TRY_ASSIGN(const bool sent, SendFile(step));
  if (!sent) return false;
  TRY(CheckStillTheSame(visit, file));
  auto taken = step.peer.CompleteRsync(visit.info.id, BaseName(file));
  if (!taken) return PeerDid(visit, Fail(std::move(taken).error()));
  TRY(NoteReceiver(step, {&step.peer.node(), *std::move(taken), visit.info.max_row, false}));
  return true;
}

Result<bool> SendFileToMerge(PeerStep& step) {
  DatabaseVisit& visit = step.visit;
  visit.Count(&PassStats::remote_merge, "remote_merges");
  TRY_ASSIGN(const std::string file, visit.broker.DbFile());
  TRY_ASSIGN(const bool sent, SendFile(step));
  if (!sent) return false;
  visit.sent_files.push_back({&step.peer.node(), file, visit.info.max_row, step.answer,
                              step.is_other_region, step.lacks_shard_ranges});
  return true;
}

}  // namespace dbrepl
