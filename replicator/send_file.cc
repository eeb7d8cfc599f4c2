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

enum class Receiver { kHasNothing, kMerges };

// What earlier peers told goes with the file, and is written down before a long transfer, during
// which those peers may visit us. Writing costs a transaction, and the wait for the file's time to
// settle; so not for what can do without:
// - of receivers, for a small database: what they would send is less;
// - an earlier created_at, for a peer with a replica: `sync` has told it already, an own server
//   keeps it, and one of Swift's is told again when it has taken the file.
Result<> WriteNotesOfEarlierPeers(PeerStep& step, Receiver receiver) {
  if (!step.earlier_peers_left_notes) return {};
  DatabaseVisit& visit = step.visit;
  const bool is_small = visit.info.max_row <= visit.options().per_diff;
  if (visit.notes.is_of_receivers_only() && is_small) return {};
  if (visit.notes.is_of_created_at_only() && receiver == Receiver::kMerges) return {};
  return UnlessDiskIsFull(visit, WriteNotes(visit.broker, visit.info.id, visit.notes));
}

// False: the sender failed.
Result<bool> SendFile(PeerStep& step, Receiver receiver) {
  DatabaseVisit& visit = step.visit;
  TRY(WriteNotesOfEarlierPeers(step, receiver));
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
  TRY_ASSIGN(const bool sent, SendFile(step, Receiver::kHasNothing));
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
  TRY_ASSIGN(const bool sent, SendFile(step, Receiver::kMerges));
  if (!sent) return false;
  visit.sent_files.push_back({&step.peer.node(), file, visit.info.max_row, step.answer,
                              step.is_other_region, step.lacks_shard_ranges});
  return true;
}

}  // namespace dbrepl
