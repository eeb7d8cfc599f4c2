#include "broker/policy_conflict.h"

#include <algorithm>
#include <string_view>

#include "common/timestamp.h"

namespace dbrepl {

namespace {

bool IsDeleted(const PolicyClaim& claim) {
  return claim.delete_timestamp > claim.put_timestamp && claim.object_count == 0;
}

// Text that is no time is none; peers' times are checked before they come here.
bool IsAfterZero(std::string_view timestamp) {
  const auto parsed = Timestamp::Parse(timestamp);
  return parsed && !parsed->IsZero();
}

bool WasRecreated(const PolicyClaim& claim) {
  return claim.put_timestamp > claim.delete_timestamp && IsAfterZero(claim.delete_timestamp);
}

bool RemoteIsBetter(const PolicyClaim& local, const PolicyClaim& remote) {
  const bool local_deleted = IsDeleted(local);
  const bool remote_deleted = IsDeleted(remote);
  if (local_deleted != remote_deleted) return local_deleted;
  if (local_deleted) return remote.status_changed_at > local.status_changed_at;

  const bool local_recreated = WasRecreated(local);
  const bool remote_recreated = WasRecreated(remote);
  if (local_recreated != remote_recreated) return remote_recreated;
  if (local_recreated) {
    const std::string& last_delete = std::max(local.delete_timestamp, remote.delete_timestamp);
    if (local.put_timestamp < last_delete) return true;
    if (remote.put_timestamp < last_delete) return false;
  }
  return remote.status_changed_at < local.status_changed_at;
}

}  // namespace

PolicyClaim ClaimOf(const ReplicationInfo& info) {
  return ClaimOf(info, info.storage_policy_index);
}

PolicyClaim ClaimOf(const ReplicationInfo& info, std::optional<std::int64_t> storage_policy_index) {
  return {storage_policy_index, info.put_timestamp, info.delete_timestamp, info.status_changed_at,
          info.count};
}

bool RemotePolicyWins(const PolicyClaim& local, const PolicyClaim& remote) {
  if (!remote.storage_policy_index) return false;
  if (remote.storage_policy_index == local.storage_policy_index) return false;
  return RemoteIsBetter(local, remote);
}

}  // namespace dbrepl
