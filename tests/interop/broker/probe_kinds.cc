// The operations that only accounts or only containers have.
#include <utility>

#include "broker/object_item.h"
#include "common/check.h"
#include "common/strings.h"
#include "tests/interop/broker/probe_operations.h"

namespace dbrepl {
namespace {

SqlValue SqlValueOf(const JsonValue& value) {
  if (const std::int64_t* integer = value.AsInt()) return *integer;
  if (const std::string* text = value.AsString()) return *text;
  if (const double* real = value.AsDouble()) return *real;
  CHECK(value.IsNull());
  return std::monostate{};
}

Result<std::string> PutContainer(AccountBroker& broker, const JsonValue& record) {
  ContainerRecord put;
  put.name = SqlValueOf(Member(record, "name"));
  put.put_timestamp = SqlValueOf(Member(record, "put_timestamp"));
  put.delete_timestamp = SqlValueOf(Member(record, "delete_timestamp"));
  put.object_count = SqlValueOf(Member(record, "object_count"));
  put.bytes_used = SqlValueOf(Member(record, "bytes_used"));
  put.storage_policy_index = SqlValueOf(Member(record, "storage_policy_index"));
  return Done(broker.PutContainer(put));
}

Result<std::string> AccountStats(AccountBroker& broker, bool migrate) {
  TRY_ASSIGN(
      const std::vector<AccountPolicyStats> stats,
      broker.GetPolicyStats(migrate ? AccountBroker::Migrate::kYes : AccountBroker::Migrate::kNo));
  JsonValue found = JsonValue::Object{};
  for (const AccountPolicyStats& policy : stats) {
    JsonValue entry;
    entry.Set("bytes_used", policy.bytes_used);
    if (policy.container_count) entry.Set("container_count", *policy.container_count);
    entry.Set("object_count", policy.object_count);
    found.Set(StrCat(policy.storage_policy_index), std::move(entry));
  }
  return DumpJson(found);
}

Result<std::string> PutObject(ContainerBroker& broker, const JsonValue& record) {
  TRY_ASSIGN(const std::vector<ObjectItem> items,
             ObjectItemsFromJson(StrCat("[", DumpJson(record), "]")));
  return Done(broker.PutObject(items.at(0)));
}

Result<std::string> ContainerStats(ContainerBroker& broker) {
  TRY_ASSIGN(const auto stats, broker.PolicyStats());
  JsonValue found = JsonValue::Object{};
  for (const auto& [policy, counts] : stats) {
    JsonValue entry;
    entry.Set("bytes_used", counts.bytes_used);
    entry.Set("object_count", counts.object_count);
    found.Set(StrCat(policy), std::move(entry));
  }
  return DumpJson(found);
}

Result<std::string> Misplaced(ContainerBroker& broker, const JsonValue& request) {
  TRY_ASSIGN(const std::vector<StoredObject> rows,
             broker.MisplacedSince(Int(request, "start"), static_cast<int>(Int(request, "count"))));
  JsonValue::Array found;
  for (const StoredObject& stored : rows) {
    JsonValue entry;
    entry.Set("ROWID", stored.row_id);
    entry.Set("name", stored.row.name);
    entry.Set("created_at", stored.row.created_at);
    entry.Set("size", stored.row.size);
    entry.Set("content_type", stored.row.content_type);
    entry.Set("etag", stored.row.etag);
    entry.Set("deleted", stored.row.deleted);
    entry.Set("storage_policy_index", stored.row.storage_policy_index);
    found.push_back(std::move(entry));
  }
  return DumpJson(found);
}

Result<std::string> MergeShardRanges(ContainerBroker& broker, const JsonValue& request) {
  std::vector<ShardRange> ranges;
  for (const JsonValue& value : *Member(request, "ranges").AsArray()) {
    TRY_ASSIGN(ShardRange range, ShardRangeFromJson(value));
    ranges.push_back(std::move(range));
  }
  return Done(broker.MergeShardRanges(std::move(ranges)));
}

Result<std::string> ShardRanges(ContainerBroker& broker, const ShardRangeQuery& query) {
  TRY_ASSIGN(const std::vector<ShardRange> ranges, broker.GetShardRanges(query));
  JsonValue::Array found;
  for (const ShardRange& range : ranges) found.push_back(ToJson(range));
  return DumpJson(found);
}

ShardRangeQuery QueryOf(const JsonValue& request) {
  ShardRangeQuery query;
  query.include_deleted = Flag(request, "include_deleted");
  query.include_own = Flag(request, "include_own");
  if (const JsonValue::Array* states = Member(request, "states").AsArray())
    for (const JsonValue& state : *states)
      query.states.push_back(ShardStateFromNumber(*state.AsInt()).value());
  return query;
}

Result<std::string> OwnShardRange(ContainerBroker& broker) {
  TRY_ASSIGN(const ShardRange range, broker.GetOwnShardRange());
  return DumpJson(ToJson(range));
}

Result<std::string> BoolResult(const Result<bool>& value) {
  if (!value) return Fail(value.error());
  return BoolText(*value);
}

// Swift's commits pending records as a side effect; of ours nobody needs that.
Result<std::string> ShardingInitiated(ContainerBroker& broker) {
  TRY(broker.CommitPending());
  return BoolResult(broker.ShardingInitiated());
}

// In Swift this asks the former, and so commits, only in the unsharded state.
Result<std::string> ShardingRequired(ContainerBroker& broker) {
  TRY_ASSIGN(const DbState state, broker.GetDbState());
  if (state == DbState::kUnsharded) TRY(broker.CommitPending());
  return BoolResult(broker.ShardingRequired());
}

Result<std::string> SetPolicy(ContainerBroker& broker, const JsonValue& request) {
  return Done(broker.SetStoragePolicyIndex(Int(request, "policy"), Text(request, "timestamp")));
}

}  // namespace

Result<std::string> RunAccountOperation(AccountBroker& broker, const std::string& op,
                                        const JsonValue& request, bool& found) {
  found = true;
  if (op == "put_record") return PutContainer(broker, Member(request, "record"));
  if (op == "policy_stats") return AccountStats(broker, Flag(request, "migrate"));
  found = false;
  return "null";
}

Result<std::string> RunContainerOperation(ContainerBroker& broker, const std::string& op,
                                          const JsonValue& request, bool& found) {
  found = true;
  if (op == "put_record") return PutObject(broker, Member(request, "record"));
  if (op == "policy_stats") return ContainerStats(broker);
  if (op == "has_multiple_policies") return BoolResult(broker.HasMultiplePolicies());
  if (op == "set_storage_policy_index") return SetPolicy(broker, request);
  if (op == "misplaced_since") return Misplaced(broker, request);
  if (op == "update_reconciler_sync")
    return Done(broker.UpdateReconcilerSync(Int(request, "point")));
  if (op == "get_reconciler_sync") {
    TRY_ASSIGN(const RowId point, broker.GetReconcilerSync());
    return StrCat(point);
  }
  if (op == "merge_shard_ranges") return MergeShardRanges(broker, request);
  if (op == "shard_ranges") return ShardRanges(broker, QueryOf(request));
  if (op == "all_shard_range_data") return ShardRanges(broker, {true, true, {}});
  if (op == "own_shard_range") return OwnShardRange(broker);
  if (op == "db_state") {
    TRY_ASSIGN(const DbState state, broker.GetDbState());
    return DumpJson(DbStateName(state));
  }
  if (op == "sharding_initiated") return ShardingInitiated(broker);
  if (op == "sharding_required") return ShardingRequired(broker);
  if (op == "is_root_container") return BoolResult(broker.IsRootContainer());
  if (op == "root_path") {
    TRY_ASSIGN(const std::string path, broker.RootPath());
    return DumpJson(path);
  }
  found = false;
  return "null";
}

}  // namespace dbrepl
