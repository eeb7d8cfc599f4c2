#include "replicator/answer/merge_ops.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "broker/item_reader.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// Looks through rows before the broker gets them: how many there are, and their times.
class RowGuard final : public ItemHandler {
 public:
  RowGuard(const TimeBound& times, std::int64_t max_rows) : times_(times), max_rows_(max_rows) {}

  // The broker looks at the others.
  bool Wants(std::string_view name) const override {
    return name == "created_at" || name.ends_with("_timestamp");
  }
  void Member(std::string_view name, SqlValue value) override {
    if (!problem_) return;
    if (const auto* text = std::get_if<std::string>(&value)) problem_ = times_.Check(*text, name);
  }
  Result<> EndItem() override {
    if (++rows_ > max_rows_)
      problem_ = Fail(Errc::kBadInput, StrCat("more than ", max_rows_, " rows in one request"));
    return problem_;
  }

 private:
  const TimeBound& times_;
  const std::int64_t max_rows_;
  std::int64_t rows_ = 0;
  Result<> problem_;
};

Result<std::optional<std::string>> SourceArgument(const Operation& operation) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(1, "source"));
  TRY_ASSIGN(const JsonValue value, ParseArgument(json, "source"));
  if (value.IsNull()) return std::optional<std::string>();
  TRY_ASSIGN(std::string text, WireText(value, "source"));
  return std::optional<std::string>(std::move(text));
}

// An argument that is a list of at most `max_elements`; null is an empty one, as Swift takes it.
Result<JsonValue::Array> ListArgument(const Operation& operation, std::string_view name,
                                      std::int64_t max_elements) {
  TRY_ASSIGN(const std::string_view json, operation.Argument(0, name));
  JsonLimits limits;
  limits.max_depth = 4;
  limits.max_values = static_cast<std::size_t>(max_elements) * 20;
  TRY_ASSIGN(JsonValue value, ParseArgument(json, name, limits));
  if (value.IsNull()) return JsonValue::Array();
  JsonValue::Array* list = value.AsArray();
  if (list == nullptr) return Fail(Errc::kBadInput, StrCat(name, ": no list"));
  if (std::cmp_greater(list->size(), max_elements))
    return Fail(Errc::kBadInput, StrCat(name, ": more than ", max_elements, " in one request"));
  return std::move(*list);
}

Result<SyncPoint> ReadSyncPointItem(const JsonValue& item) {
  const JsonValue* id = item.Find("remote_id");
  const JsonValue* point = item.Find("sync_point");
  if (id == nullptr || point == nullptr)
    return Fail(Errc::kBadInput, "sync point: no remote_id or no sync_point");
  SyncPoint read;
  TRY_ASSIGN(read.remote_id, WireText(*id, "remote_id"));
  TRY_ASSIGN(read.sync_point, WireInt(*point, "sync_point", -1));
  return read;
}

template <class Value>
Result<Value> OrQuarantine(DatabaseBroker& broker, Result<Value> outcome) {
  if (outcome) return outcome;
  return Fail(broker.PossiblyQuarantine(std::move(outcome).error()));
}

}  // namespace

Result<HttpResponse> RunMergeItems(const Operation& operation) {
  TRY_ASSIGN(const std::string_view rows, operation.Argument(0, "rows"));
  TRY_ASSIGN(const std::optional<std::string> source, SourceArgument(operation));
  RowGuard guard(operation.time_bound, operation.options.limits.max_rows);
  TRY(ReadItems(rows, guard));
  const auto broker = operation.MakeBroker();
  TRY(OrQuarantine(*broker, broker->MergeItemsJson(rows, source)));
  return Accepted();
}

Result<HttpResponse> RunMergeSyncs(const Operation& operation) {
  TRY_ASSIGN(const JsonValue::Array list,
             ListArgument(operation, "sync points", operation.options.limits.max_sync_points));
  std::vector<SyncPoint> points;
  points.reserve(list.size());
  for (const JsonValue& item : list) {
    TRY_ASSIGN(SyncPoint point, ReadSyncPointItem(item));
    points.push_back(std::move(point));
  }
  const auto broker = operation.MakeBroker();
  TRY(OrQuarantine(*broker, broker->MergeSyncs(points, SyncDirection::kIncoming)));
  return Accepted();
}

Result<HttpResponse> RunMergeShardRanges(const Operation& operation) {
  TRY_ASSIGN(const JsonValue::Array list,
             ListArgument(operation, "shard ranges", operation.options.limits.max_shard_ranges));
  std::vector<ShardRange> ranges;
  ranges.reserve(list.size());
  for (const JsonValue& item : list) {
    TRY_ASSIGN(ShardRange range, WireShardRange(item, operation.time_bound));
    ranges.push_back(std::move(range));
  }
  if (ranges.empty()) return Accepted();
  const auto broker = operation.MakeContainerBroker();
  TRY_ASSIGN(const std::vector<ShardRange> refused,
             OrQuarantine(*broker, broker->MergePeerShardRanges(std::move(ranges))));
  if (!refused.empty()) {  // one line, however many a peer sends
    const ShardRange& range = refused.front();
    operation.logger.Warning("Ignoring remote osr w/o epoch, own_sr: ", Printable(range.name),
                             ", timestamp: ", range.timestamp);
  }
  return Accepted();
}

Result<HttpResponse> RunGetShardRanges(const Operation& operation) {
  const auto broker = operation.MakeContainerBroker();
  TRY_ASSIGN(const std::vector<ShardRange> ranges,
             OrQuarantine(*broker, broker->GetAllShardRanges()));
  JsonValue::Array list;
  list.reserve(ranges.size());
  for (const ShardRange& range : ranges) list.push_back(ToJson(range));
  return MakeResponse(200, "application/json", DumpJson(JsonValue(std::move(list))));
}

}  // namespace dbrepl
