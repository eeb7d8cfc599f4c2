#include "replicator/sync_op.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "broker/policy_conflict.h"
#include "common/strings.h"
#include "common/timestamp.h"
#include "replicator/own_peer.h"
#include "replicator/slow_phase.h"

namespace dbrepl {

namespace {

constexpr std::size_t kPolicyArguments = 10;  // from so many on they name a policy
constexpr std::int64_t kMaxPolicyIndex = 1'000'000;

// What the peer says of its replica.
struct RemoteState {
  std::int64_t max_row = -1;
  std::string hash;
  std::string id;
  std::string created_at;
  std::string put_timestamp;
  std::string delete_timestamp;
  Metadata metadata;
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

// As Swift: text that is not JSON is logged and means no metadata.
Result<Metadata> MetadataArgument(const Operation& operation, std::size_t index) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(index, "metadata"));
  TRY_ASSIGN(const JsonValue value, ParseArgument(json, "metadata"));
  if (value.IsNull()) return Metadata();
  TRY_ASSIGN(const std::string text, WireText(value, "metadata", kMaxWireMetadata));
  if (!text.empty() && !ParseJson(text)) {
    operation.logger.Error("Unable to decode remote metadata '", Printable(text.substr(0, 200)),
                           "'");
    return Metadata();
  }
  auto metadata = ParseMetadata(text);
  if (!metadata) return Fail(std::move(metadata).error().Within("metadata"));
  for (const MetadataItem& item : *metadata)
    TRY(operation.time_bound.Check(item.timestamp, StrCat("metadata ", Printable(item.name))));
  return metadata;
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
  TRY_ASSIGN(const std::int64_t number, WireInt(index, "storage_policy_index", 0));
  if (number > kMaxPolicyIndex)
    return Fail(Errc::kBadInput, StrCat("storage_policy_index: ", number, " is too large"));
  remote.policy.storage_policy_index = number;
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
  TRY_ASSIGN(remote.metadata, MetadataArgument(operation, 6));
  TRY(ReadPolicyClaim(operation, remote));
  return remote;
}

// Our state, after the peer's storage policy was taken over if that is to be.
Result<ReplicationInfo> SyncedInfo(const Operation& operation, DatabaseBroker& broker,
                                   const PolicyClaim& remote) {
  const SlowPhase phase(operation, "info");
  TRY_ASSIGN(ReplicationInfo info, broker.GetReplicationInfo());
  if (!remote.storage_policy_index) return info;
  const PolicyClaim local = {info.storage_policy_index, info.put_timestamp, info.delete_timestamp,
                             info.status_changed_at, info.count};
  if (!RemotePolicyWins(local, remote)) return info;
  TRY_ASSIGN(const Timestamp now, Timestamp::FromSeconds(operation.options.clock->NowSeconds()));
  auto& container = dynamic_cast<ContainerBroker&>(broker);
  TRY(container.SetStoragePolicyIndex(*remote.storage_policy_index, now.Internal()));
  return broker.GetReplicationInfo();
}

Result<std::int64_t> IncomingPoint(const Operation& operation, DatabaseBroker& broker,
                                   const std::string& id) {
  const SlowPhase phase(operation, "get_sync");
  return broker.GetSync(id, SyncDirection::kIncoming);
}

// Takes over what is newer there; returns the sync point to be answered.
Result<std::int64_t> MergeRemoteState(const Operation& operation, DatabaseBroker& broker,
                                      const ReplicationInfo& info, const RemoteState& remote) {
  if (!remote.metadata.empty()) {
    const SlowPhase phase(operation, "update_metadata");
    TRY(broker.UpdateMetadata(remote.metadata));
  }
  if (info.created_at != remote.created_at || info.put_timestamp != remote.put_timestamp ||
      info.delete_timestamp != remote.delete_timestamp) {
    const SlowPhase phase(operation, "merge_timestamps");
    TRY(broker.MergeTimestamps(remote.created_at, remote.put_timestamp, remote.delete_timestamp));
  }
  TRY_ASSIGN(const std::int64_t point, IncomingPoint(operation, broker, remote.id));
  if (remote.hash != info.hash || point >= remote.max_row) return point;
  const SlowPhase phase(operation, "merge_syncs");
  TRY(broker.MergeSyncs({{remote.id, remote.max_row}}, SyncDirection::kIncoming));
  return remote.max_row;
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

bool LacksTable(const Error& error) {
  return error.code == Errc::kCorrupt && error.message.find("no such table") != std::string::npos;
}

}  // namespace

Result<HttpResponse> RunSync(const Operation& operation) {
  TRY_ASSIGN(const RemoteState remote, ReadRemoteState(operation));
  const auto broker = operation.MakeBroker();
  auto info = SyncedInfo(operation, *broker, remote.policy);
  if (!info && LacksTable(info.error())) {
    operation.logger.Error("Quarantining DB: ", info.error().message);
    TRY(broker->Quarantine(info.error().message));
    return NotFound();
  }
  if (!info) return Fail(broker->PossiblyQuarantine(std::move(info).error()));
  auto point = MergeRemoteState(operation, *broker, *info, remote);
  if (!point) return Fail(broker->PossiblyQuarantine(std::move(point).error()));
  JsonValue answer = ToJson(*info);
  answer.Set("point", *point);
  HttpResponse response = MakeResponse(200, "text/html; charset=UTF-8", DumpJson(answer));
  if (info->shard_max_row >= 0) TRY(AddShardRangesDigest(*broker, response));
  return response;
}

}  // namespace dbrepl
