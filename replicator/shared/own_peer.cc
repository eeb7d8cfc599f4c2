#include "replicator/shared/own_peer.h"

#include "common/digest.h"
#include "common/json.h"

namespace dbrepl {

std::string ShardRangesDigest(const std::vector<ShardRange>& ranges) {
  Digester digester(DigestKind::kMd5);
  for (const ShardRange& range : ranges) digester.Update(DumpJson(ToJson(range)));
  return digester.FinishHex();
}

}  // namespace dbrepl
