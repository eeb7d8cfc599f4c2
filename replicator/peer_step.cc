#include "replicator/peer_step.h"

#include "common/strings.h"

namespace dbrepl {

std::string PeerStep::PeerForClients() const {
  const Device& node = peer.node();
  return StrCat(node.ip, ":", node.port, "/", node.device);
}

Result<bool> PeerDid(const DatabaseVisit& visit, const Result<>& outcome) {
  if (outcome) return true;
  const Error& error = outcome.error();
  if (error.code == Errc::kCancelled) return Fail(error);
  visit.logger().Error("ERROR ", Printable(error.message));
  return false;
}

bool WithPolicy(const DatabaseVisit& visit) {
  return visit.container() != nullptr && visit.options().has_several_policies;
}

Result<> NotePoint(DatabaseVisit& visit, const SyncPoint& point, SyncDirection direction) {
  const auto noted = visit.broker.MergeSyncs({point}, direction);
  if (noted || noted.error().code != Errc::kNoSpace) return noted;
  visit.logger().Error("ERROR writing db ", visit.path(), ": ",
                       Printable(MessageWithHint(noted.error())));
  return {};
}

Result<> GoOn(const DatabaseVisit& visit) {
  if (!visit.tools.stop.stop_requested()) return {};
  return Fail(Errc::kCancelled, StrCat(visit.path(), ": a stop was requested"));
}

}  // namespace dbrepl
