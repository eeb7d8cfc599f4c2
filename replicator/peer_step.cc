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

Result<> UnlessDiskIsFull(const DatabaseVisit& visit, Result<> written) {
  if (written || written.error().code != Errc::kNoSpace) return written;
  visit.logger().Error("ERROR writing db ", visit.path(), ": ",
                       Printable(MessageWithHint(written.error())));
  return {};
}

Result<> GoOn(const DatabaseVisit& visit) {
  if (!visit.tools.stop.stop_requested()) return {};
  return Fail(Errc::kCancelled, StrCat(visit.path(), ": a stop was requested"));
}

}  // namespace dbrepl
