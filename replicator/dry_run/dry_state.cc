#include "replicator/dry_run/dry_state.h"

#include <vector>

#include "common/strings.h"

namespace dbrepl {
namespace {

DryState StateWith(const ReplicationInfo& info, std::optional<std::int64_t> policy) {
  return {info.created_at, ClaimOf(info, policy),
          ParseMetadata(info.metadata).value_or(Metadata())};
}

}  // namespace

DryState StateOf(const ReplicationInfo& local) {
  return StateWith(local, local.kind == DbKind::kContainer
                              ? std::optional<std::int64_t>(local.storage_policy_index)
                              : std::nullopt);
}

DryState StateOf(const SyncAnswer& remote) {
  return StateWith(remote.info, remote.storage_policy_index);
}

std::string NewsFor(const DryState& taker, const DryState& giver, NewsOptions options) {
  std::vector<std::string> news;
  int items = 0;
  Metadata known = taker.metadata;
  for (const MetadataItem& item : giver.metadata) items += MergeMetadata(known, {item}) ? 1 : 0;
  if (items > 0) news.push_back(StrCat(items, " metadata items"));
  if (options.timestamps) {
    if (giver.created_at < taker.created_at) news.emplace_back("created_at");
    if (giver.claim.put_timestamp > taker.claim.put_timestamp) news.emplace_back("put_timestamp");
    if (giver.claim.delete_timestamp > taker.claim.delete_timestamp)
      news.emplace_back("delete_timestamp");
  }
  if (options.policy && RemotePolicyWins(taker.claim, giver.claim)) {
    news.push_back(StrCat("policy ", *giver.claim.storage_policy_index, " instead of ",
                          taker.claim.storage_policy_index.value_or(-1)));
  }
  std::string text;
  for (const std::string& piece : news) text += StrCat(text.empty() ? "" : ", ", piece);
  return text;
}

}  // namespace dbrepl
