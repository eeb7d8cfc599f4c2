// Requests, and the operations that both kinds of database share.
#include "tests/interop/broker/probe_operations.h"

#include <utility>

#include "broker/create.h"
#include "broker/metadata.h"
#include "common/check.h"
#include "common/random.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

// The time that a request names; deadlines run on the machine's own clock.
class RequestClock : public Clock {
 public:
  explicit RequestClock(double now) : now_(now) {}
  double NowSeconds() const override { return now_; }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    return std::chrono::steady_clock::now();
  }

 private:
  double now_;
};

SyncDirection Direction(const JsonValue& request) {
  return Flag(request, "incoming") ? SyncDirection::kIncoming : SyncDirection::kOutgoing;
}

Result<std::string> Create(const JsonValue& request, const Clock& clock) {
  NewDatabase database;
  database.kind = Text(request, "kind") == "account" ? DbKind::kAccount : DbKind::kContainer;
  database.path = Text(request, "path");
  database.account = Text(request, "account");
  database.container = Text(request, "container");
  database.put_timestamp = Text(request, "put_timestamp");
  database.storage_policy_index = Int(request, "policy");
  return Done(CreateDatabase(database, clock, SystemRandom()));
}

Result<std::string> MergeItems(DatabaseBroker& broker, const JsonValue& request) {
  std::optional<std::string> source;
  if (const std::string* text = Member(request, "source").AsString()) source = *text;
  return Done(broker.MergeItemsJson(DumpJson(Member(request, "items")), source));
}

Result<std::string> MergeSyncs(DatabaseBroker& broker, const JsonValue& request) {
  std::vector<SyncPoint> points;
  for (const JsonValue& point : *Member(request, "points").AsArray())
    points.push_back({Text(point, "remote_id"), Int(point, "sync_point")});
  return Done(broker.MergeSyncs(points, Direction(request)));
}

Result<std::string> GetSyncs(DatabaseBroker& broker, const JsonValue& request) {
  TRY_ASSIGN(const std::vector<SyncPoint> points, broker.GetSyncs(Direction(request)));
  JsonValue::Array found;
  for (const SyncPoint& point : points) {
    JsonValue entry;
    entry.Set("remote_id", point.remote_id);
    entry.Set("sync_point", point.sync_point);
    found.push_back(std::move(entry));
  }
  return DumpJson(found);
}

Result<std::string> UpdateMetadata(DatabaseBroker& broker, const JsonValue& request) {
  Metadata updates;
  for (const auto& [name, value] : *Member(request, "metadata").AsObject())
    updates.push_back(
        {name, *value.AsArray()->at(0).AsString(), *value.AsArray()->at(1).AsString()});
  return Done(broker.UpdateMetadata(updates));
}

Result<std::string> ReadMetadata(DatabaseBroker& broker) {
  TRY_ASSIGN(const Metadata metadata, broker.GetMetadata());
  return DumpMetadata(metadata);
}

// As JSON, through the given way of writing it.
template <class Value, class Write>
Result<std::string> Written(const Result<Value>& value, const Write& write) {
  if (!value) return Fail(value.error());
  return write(*value);
}

std::string IntText(std::int64_t value) { return StrCat(value); }

}  // namespace

const JsonValue& Member(const JsonValue& request, std::string_view name) {
  const JsonValue* member = request.Find(name);
  CHECK(member != nullptr);
  return *member;
}

std::string Text(const JsonValue& request, std::string_view name) {
  const JsonValue& member = Member(request, name);
  if (member.IsNull()) return {};
  CHECK(member.AsString() != nullptr);
  return *member.AsString();
}

std::int64_t Int(const JsonValue& request, std::string_view name) {
  CHECK(Member(request, name).AsInt() != nullptr);
  return *Member(request, name).AsInt();
}

double Real(const JsonValue& request, std::string_view name) {
  double value = 0;
  CHECK(Member(request, name).ToDouble(value));
  return value;
}

bool Flag(const JsonValue& request, std::string_view name) {
  CHECK(Member(request, name).AsBool() != nullptr);
  return *Member(request, name).AsBool();
}

Result<std::string> Done(Result<> outcome) {
  TRY(std::move(outcome));
  return "null";
}

std::string BoolText(bool value) { return value ? "true" : "false"; }

Result<std::string> RunCommonOperation(DatabaseBroker& broker, const std::string& op,
                                       const JsonValue& request, bool& found) {
  found = true;
  if (op == "merge_items") return MergeItems(broker, request);
  if (op == "commit_pending") return Done(broker.CommitPending());
  if (op == "items_since")
    return Written(
        broker.ItemsSince(Int(request, "start"), static_cast<int>(Int(request, "count"))),
        [](const ItemsPage& page) { return page.rows; });
  if (op == "replication_info")
    return Written(broker.GetReplicationInfo(),
                   [](const ReplicationInfo& info) { return DumpJson(ToJson(info)); });
  if (op == "max_row") return Written(broker.GetMaxRow(), IntText);
  if (op == "merge_syncs") return MergeSyncs(broker, request);
  if (op == "get_sync")
    return Written(broker.GetSync(Text(request, "remote_id"), Direction(request)), IntText);
  if (op == "get_syncs") return GetSyncs(broker, request);
  if (op == "newid")
    return Done(broker.NewId(Text(request, "remote_id")).map([](const std::string&) {}));
  if (op == "merge_timestamps")
    return Done(broker.MergeTimestamps(Text(request, "created_at"), Text(request, "put_timestamp"),
                                       Text(request, "delete_timestamp")));
  if (op == "update_metadata") return UpdateMetadata(broker, request);
  if (op == "metadata") return ReadMetadata(broker);
  if (op == "delete_db") return Done(broker.DeleteDb(Text(request, "timestamp")));
  if (op == "reclaim")
    return Written(broker.Reclaim(Real(request, "age"), Real(request, "sync_age")), IntText);
  if (op == "update_put_timestamp")
    return Done(broker.UpdatePutTimestamp(Text(request, "timestamp")));
  if (op == "update_status_changed_at")
    return Done(broker.UpdateStatusChangedAt(Text(request, "timestamp")));
  if (op == "is_deleted") return Written(broker.IsDeleted(), BoolText);
  if (op == "empty") return Written(broker.Empty(), BoolText);
  if (op == "is_reclaimable")
    return Written(broker.IsReclaimable(Real(request, "at"), Real(request, "age")), BoolText);
  found = false;
  return Fail(Errc::kBadInput, StrCat("no operation ", op));
}

Result<std::string> RunOperation(const JsonValue& request) {
  const std::string op = Text(request, "op");
  const RequestClock clock(Real(request, "now"));
  if (op == "create") return Create(request, clock);
  BrokerOptions options;
  options.clock = &clock;
  options.renew_unchanged_rows = Flag(request, "renews");
  bool found = false;
  if (Text(request, "kind") == "account") {
    AccountBroker broker(Text(request, "path"), options);
    auto answer = RunAccountOperation(broker, op, request, found);
    return found ? answer : RunCommonOperation(broker, op, request, found);
  }
  ContainerBroker broker(Text(request, "path"), options);
  auto answer = RunContainerOperation(broker, op, request, found);
  return found ? answer : RunCommonOperation(broker, op, request, found);
}

}  // namespace dbrepl
