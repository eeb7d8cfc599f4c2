#include "replicator/file_receivers.h"

#include <algorithm>
#include <utility>

#include "common/strings.h"
#include "replicator/peer_replica.h"
#include "replicator/peer_step.h"

namespace dbrepl {

namespace {

Result<> Tell(const DatabaseVisit& visit, const FileReceiver& earlier, const SyncPoint& point) {
  PeerReplica peer(visit.tools.ask, *earlier.node, visit.partition, visit.hash,
                   visit.options().node_timeout, *visit.options().clock);
  TRY_ASSIGN(const SyncAnswer answer, peer.Sync(visit.info, WithPolicy(visit)));
  // Another id: it was quarantined or removed since, and then it has no rows either.
  return answer.info.id == earlier.id ? peer.MergeSyncs({point}) : Result<>();
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

Result<> IntroduceReceiver(DatabaseVisit& visit, FileReceiver receiver) {
  visit.notes.incoming.push_back({receiver.id, receiver.max_row});
  for (const FileReceiver& earlier : visit.file_receivers) {
    if (!earlier.has_own_rows && !receiver.has_own_rows) continue;
    const SyncPoint point = {receiver.id, std::min(earlier.max_row, receiver.max_row)};
    TRY(Forgive(visit, Tell(visit, earlier, point)));
  }
  visit.file_receivers.push_back(std::move(receiver));
  return {};
}

}  // namespace dbrepl
