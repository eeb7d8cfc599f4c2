#include "replicator/answer/sync_op.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "broker/policy_conflict.h"
#include "broker/sqlite_error.h"
#include "common/strings.h"
#include "common/timestamp.h"
#include "replicator/answer/slow_phase.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {

namespace {

constexpr std::size_t kPolicyArguments = 10;  // from so many on they name a policy

// What the peer says of its replica.
struct RemoteState {
  std::int64_t max_row = -1;
  std::string hash;
  std::string id;
  std::string created_at;
  std::string put_timestamp;
  std::string delete_timestamp;
  Metadata metadata;
  std::string undecodable;  // the beginning of metadata that are no JSON
  PolicyClaim policy;
};

Result<std::string> TextArgument(const Operation& operation, std::size_t index,
                                 std::string_view name) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(index, name));
  TRY_ASSIGN(const JsonValue value, ParseArgument(json, name));
  return WireText(value, name);
}

Result<std::string> TimeArgument(const Operation& operation, std::size_t index,
                                 std::string_view name) {
  TRY_ASSIGN(std::string text, TextArgument(operation, index, name));
  TRY(operation.time_bound.Check(text, name));
  return text;
}

Result<std::int64_t> IntArgument(const Operation& operation, std::size_t index,
                                 std::string_view name, std::int64_t minimum) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(index, name));
  TRY_ASSIGN(const JsonValue value, ParseArgument(json, name));
  return WireInt(value, name, minimum);
}

// As Swift: text that is not JSON is logged (when all else is fine) and means no metadata.
Result<> ReadMetadata(const Operation& operation, std::size_t index, RemoteState& remote) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(index, "metadata"));
  TRY_ASSIGN(const JsonValue value, ParseArgument(json, "metadata"));
  if (value.IsNull()) return {};
  TRY_ASSIGN(const std::string text, WireText(value, "metadata", kMaxWireMetadata));
  if (!text.empty() && !ParseJson(text)) {
    remote.undecodable = text.substr(0, 200);
    return {};
  }
  auto metadata = ParseMetadata(text);
  if (!metadata) return Fail(std::move(metadata).error().Within("metadata"));
  for (const MetadataItem& item : *metadata)
    TRY(operation.time_bound.Check(item.timestamp, StrCat("metadata ", Printable(item.name))));
  remote.metadata = *std::move(metadata);
  return {};
}

// Nothing of it counts unless all is there.
Result<> ReadPolicyClaim(const Operation& operation, RemoteState& remote) {
  if (operation.options.kind != DbKind::kContainer ||
      operation.arguments.size() < kPolicyArguments) {
    return {};
  }
  TRY_ASSIGN(remote.policy.status_changed_at, TimeArgument(operation, 7, "status_changed_at"));
  TRY_ASSIGN(remote.policy.object_count, IntArgument(operation, 8, "count", INT64_MIN));
  TRY_ASSIGN(const JsonValue index, ParseArgument(operation.arguments[9], "storage_policy_index"));
  if (index.IsNull()) return {};
  TRY_ASSIGN(remote.policy.storage_policy_index, WirePolicyIndex(index, "storage_policy_index"));
  remote.policy.put_timestamp = remote.put_timestamp;
  remote.policy.delete_timestamp = remote.delete_timestamp;
  return {};
}

Result<RemoteState> ReadRemoteState(const Operation& operation) {
  RemoteState remote;
  TRY_ASSIGN(remote.max_row, IntArgument(operation, 0, "max_row", -1));
  TRY_ASSIGN(remote.hash, TextArgument(operation, 1, "hash"));
  TRY_ASSIGN(remote.id, TextArgument(operation, 2, "id"));
  TRY_ASSIGN(remote.created_at, TimeArgument(operation, 3, "created_at"));
  TRY_ASSIGN(remote.put_timestamp, TimeArgument(operation, 4, "put_timestamp"));
  TRY_ASSIGN(remote.delete_timestamp, TimeArgument(operation, 5, "delete_timestamp"));
  TRY(ReadMetadata(operation, 6, remote));
  TRY(ReadPolicyClaim(operation, remote));
  if (!remote.undecodable.empty())
    operation.logger.Error("Unable to decode remote metadata '", Printable(remote.undecodable),
                           "'");
  return remote;
}

bool PolicyWins(const ReplicationInfo& info, const PolicyClaim& remote) {
  return remote.storage_policy_index && RemotePolicyWins(ClaimOf(info), remote);
}

// Our state, after the peer's storage policy was taken over if that is to be.
Result<ReplicationState> SyncedState(const Operation& operation, DatabaseBroker& broker,
                                     const RemoteState& remote) {
  const SlowPhase phase(operation, "info");
  TRY_ASSIGN(ReplicationState state, broker.GetReplicationState(remote.id));
  if (!PolicyWins(state.info, remote.policy)) return state;
  TRY_ASSIGN(const Timestamp now, Timestamp::FromSeconds(operation.options.clock->NowSeconds()));
  auto& container = dynamic_cast<ContainerBroker&>(broker);
  TRY(container.SetStoragePolicyIndex(*remote.policy.storage_policy_index, now.Internal()));
  return broker.GetReplicationState(remote.id);
}

bool HasNewMetadata(const ReplicationInfo& info, const RemoteState& remote) {
  if (remote.metadata.empty()) return false;
  auto metadata = ParseMetadata(info.metadata);
  return !metadata || MergeMetadata(*metadata, remote.metadata);
}

bool HasOtherTimestamps(const ReplicationInfo& info, const RemoteState& remote) {
  return info.created_at != remote.created_at || info.put_timestamp != remote.put_timestamp ||
         info.delete_timestamp != remote.delete_timestamp;
}

// Equal databases: all of the peer's rows are here.
bool RaisesPoint(const ReplicationState& state, const RemoteState& remote) {
  return remote.hash == state.info.hash && state.incoming_point < remote.max_row;
}

// Takes over what is newer there; returns whether anything was.
Result<bool> MergeRemoteState(const Operation& operation, DatabaseBroker& broker,
                              ReplicationState& state, const RemoteState& remote) {
  const bool metadata = HasNewMetadata(state.info, remote);
  if (metadata) {
    const SlowPhase phase(operation, "update_metadata");
    TRY(broker.UpdateMetadata(remote.metadata));
  }
  const bool timestamps = HasOtherTimestamps(state.info, remote);
  if (timestamps) {
    const SlowPhase phase(operation, "merge_timestamps");
    TRY(broker.MergeTimestamps(remote.created_at, remote.put_timestamp, remote.delete_timestamp));
  }
  const bool point = RaisesPoint(state, remote);
  if (point) {
    const SlowPhase phase(operation, "merge_syncs");
    TRY(broker.MergeSyncs({{remote.id, remote.max_row}}, SyncDirection::kIncoming));
    state.incoming_point = remote.max_row;
  }
  return metadata || timestamps || point;
}

// The answer shows our state from before the peer's was merged; only the point is after.
HttpResponse Answer(const ReplicationState& state) {
  JsonValue answer = ToJson(state.info);
  answer.Set("point", state.incoming_point);
  return MakeResponse(200, "text/html; charset=UTF-8", DumpJson(answer));
}

// What is known of a database that has not changed since, when there is nothing to take over.
std::optional<ReplicationState> KnownAndSettled(const Operation& operation,
                                                const RemoteState& remote) {
  if (!operation.files.tag) return std::nullopt;
  auto state = operation.known_states.Find(operation.DbPath(), *operation.files.tag, remote.id);
  const bool is_settled = state && !PolicyWins(state->info, remote.policy) &&
                          !HasNewMetadata(state->info, remote) &&
                          !HasOtherTimestamps(state->info, remote) && !RaisesPoint(*state, remote);
  return is_settled ? std::move(state) : std::nullopt;
}

// As of now, which is after the policy, metadata and timestamps were merged: shard ranges do not
// depend on them.
Result<> AddShardRangesDigest(DatabaseBroker& broker, HttpResponse& response) {
  auto* container = dynamic_cast<ContainerBroker*>(&broker);
  if (container == nullptr) return {};
  TRY_ASSIGN(const std::vector<ShardRange> ranges, container->GetAllShardRanges());
  if (!ranges.empty()) response.head.headers.Add(kShardRangesHeader, ShardRangesDigest(ranges));
  return {};
}

}  // namespace

Result<HttpResponse> RunSync(const Operation& operation) {
  TRY_ASSIGN(const RemoteState remote, ReadRemoteState(operation));
  if (const auto known = KnownAndSettled(operation, remote)) return Answer(*known);
  const auto broker = operation.MakeBroker();
  auto state = SyncedState(operation, *broker, remote);
  if (!state && LacksTable(state.error())) {
    operation.logger.Error("Quarantining DB: ", state.error().message);
    TRY(broker->Quarantine(state.error().message));
    return NotFound();
  }
  if (!state) return Fail(broker->PossiblyQuarantine(std::move(state).error()));
  const auto changed = MergeRemoteState(operation, *broker, *state, remote);
  if (!changed) return Fail(broker->PossiblyQuarantine(changed.error()));
  HttpResponse answer = Answer(*state);
  if (state->info.shard_max_row >= 0) {
    TRY(AddShardRangesDigest(*broker, answer));
  } else if (!*changed && operation.files.tag) {
    operation.known_states.Remember(operation.DbPath(), *operation.files.tag, remote.id, *state);
  }
  return answer;
}

}  // namespace dbrepl
