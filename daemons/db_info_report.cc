// The words of db-info.
#include <array>
#include <ctime>
#include <utility>

#include "common/strings.h"
#include "common/timestamp.h"
#include "daemons/db_info.h"

namespace dbrepl {

namespace {

bool IsContainer(const DatabaseFacts& facts) { return facts.info.kind == DbKind::kContainer; }

// "2023-11-14T22:13:22.000000 (1700000002.00000)"; only the raw text when it is no timestamp.
std::string TimeText(const std::string& raw) {
  const auto parsed = Timestamp::Parse(raw);
  if (!parsed) return raw;
  const std::time_t seconds = parsed->units() / Timestamp::kUnitsPerSecond;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const auto microseconds = StrCat(parsed->units() % Timestamp::kUnitsPerSecond * 10);
  return StrCat(date.data(), ".", std::string(6 - microseconds.size(), '0'), microseconds, " (",
                raw, ")");
}

enum class MetadataClass { kUser, kSystem, kOther };

MetadataClass ClassOf(const DatabaseFacts& facts, std::string_view name) {
  const std::string lower = AsciiLower(name);
  const std::string prefix = IsContainer(facts) ? "x-container-" : "x-account-";
  // A bare prefix names nothing.
  const auto starts = [&](std::string_view word) {
    const std::string start = StrCat(prefix, word);
    return lower.size() > start.size() && lower.starts_with(start);
  };
  if (starts("meta-")) return MetadataClass::kUser;
  return starts("sysmeta-") ? MetadataClass::kSystem : MetadataClass::kOther;
}

std::string MetadataText(const DatabaseFacts& facts, MetadataClass wanted, std::string_view title) {
  std::string text;
  for (const MetadataItem& item : facts.metadata) {
    if (ClassOf(facts, item.name) != wanted) continue;
    text += StrCat("  ", Printable(item.name), ": ", Printable(item.value), "\n");
  }
  if (text.empty()) return StrCat("No ", title, " found in db file\n");
  return StrCat(title == "system metadata" ? "System Metadata:\n" : "User Metadata:\n", text);
}

std::string OtherMetadataText(const DatabaseFacts& facts) {
  std::string text;
  for (const MetadataItem& item : facts.metadata) {
    if (ClassOf(facts, item.name) != MetadataClass::kOther) continue;
    text += StrCat("  ", Printable(item.name), ": ", Printable(item.value), "\n");
  }
  return text;
}

std::string HeadText(const DatabaseFacts& facts, const DatabasePlace& place) {
  const ReplicationInfo& info = facts.info;
  const std::string container =
      IsContainer(facts) ? StrCat("  Container: ", Printable(info.container), "\n") : "";
  return StrCat("Path: /", Printable(info.account), IsContainer(facts) ? "/" : "",
                Printable(info.container), "\n  File: ", facts.db_file,
                "\n  Account: ", Printable(info.account), "\n", container,
                "  Deleted: ", facts.is_deleted ? "True" : "False", "\n  ",
                IsContainer(facts) ? "Container" : "Account",
                " Hash: ", place.hash.empty() ? "unknown without swift.conf" : place.hash, "\n");
}

std::string StatText(const DatabaseFacts& facts, const DatabasePlace& place) {
  const ReplicationInfo& info = facts.info;
  std::string text = StrCat("Metadata:\n  Created at: ", TimeText(info.created_at),
                            "\n  Put Timestamp: ", TimeText(info.put_timestamp),
                            "\n  Delete Timestamp: ", TimeText(info.delete_timestamp),
                            "\n  Status Timestamp: ", TimeText(info.status_changed_at), "\n");
  if (!IsContainer(facts)) text += StrCat("  Container Count: ", info.count, "\n");
  text += StrCat("  Object Count: ", IsContainer(facts) ? info.count : info.object_count,
                 "\n  Bytes Used: ", info.bytes_used, "\n");
  if (IsContainer(facts)) {
    const std::string policy = place.policy_name.empty() ? "Unknown" : place.policy_name;
    text += StrCat("  Storage Policy: ", policy, " (", info.storage_policy_index,
                   ")\n  Reported Put Timestamp: ", TimeText(info.reported_put_timestamp),
                   "\n  Reported Delete Timestamp: ", TimeText(info.reported_delete_timestamp),
                   "\n  Reported Object Count: ", info.reported_object_count,
                   "\n  Reported Bytes Used: ", info.reported_bytes_used, "\n");
  }
  text += StrCat("  Chexor: ", info.hash, "\n  UUID: ", info.id, "\n");
  if (IsContainer(facts)) {
    text += StrCat("  X-Container-Sync-Point1: ", info.x_container_sync_point1,
                   "\n  X-Container-Sync-Point2: ", info.x_container_sync_point2, "\n");
  }
  return text;
}

std::string ShardingText(const DatabaseFacts& facts) {
  if (!IsContainer(facts)) return "";
  std::string text = StrCat("Sharding Metadata:\n  Type: ", facts.is_root ? "root" : "shard",
                            "\n  State: ", facts.info.db_state, "\n");
  if (!facts.is_root) text += StrCat("  Root: ", Printable(facts.root_path), "\n");
  if (facts.shard_ranges.empty()) return text;
  text += StrCat("Shard Ranges (", facts.shard_ranges.size(), "):\n");
  for (const ShardRange& range : facts.shard_ranges) {
    text +=
        StrCat("  ", Printable(range.name), ": '", Printable(range.lower), "' to '",
               Printable(range.upper), "', ", ShardStateName(range.state), ", ", range.object_count,
               " objects, ", range.bytes_used, " bytes, created ", TimeText(range.timestamp), "\n");
  }
  return text;
}

std::string ReplicationText(const DatabaseFacts& facts) {
  std::string text = StrCat("Replication:\n  Max Row: ", facts.info.max_row, "\n");
  for (const auto& [points, title] : {std::pair(&facts.incoming, "From"), {&facts.outgoing, "To"}})
    for (const SyncPoint& point : *points)
      text += StrCat("  ", title, " ", Printable(point.remote_id), ": ", point.sync_point, "\n");
  for (const auto& [index, counts] : facts.policies) {
    text += StrCat("  Policy ", index, ": ");
    if (counts.container_count) text += StrCat(*counts.container_count, " containers, ");
    text += StrCat(counts.object_count, " objects, ", counts.bytes_used, " bytes\n");
  }
  return StrCat(text, "  Pending Bytes: ", facts.pending_bytes, "\n");
}

JsonValue MetadataJson(const DatabaseFacts& facts, MetadataClass wanted) {
  JsonValue found(JsonValue::Object{});
  for (const MetadataItem& item : facts.metadata) {
    if (ClassOf(facts, item.name) != wanted) continue;
    found.Set(item.name, JsonValue::Array{item.value, item.timestamp});
  }
  return found;
}

JsonValue SyncJson(const std::vector<SyncPoint>& points) {
  JsonValue::Array found;
  for (const SyncPoint& point : points) {
    JsonValue entry;
    entry.Set("remote_id", point.remote_id);
    entry.Set("sync_point", point.sync_point);
    found.push_back(std::move(entry));
  }
  return found;
}

JsonValue PoliciesJson(const DatabaseFacts& facts) {
  JsonValue found(JsonValue::Object{});
  for (const auto& [index, counts] : facts.policies) {
    JsonValue entry;
    if (counts.container_count) entry.Set("container_count", *counts.container_count);
    entry.Set("object_count", counts.object_count);
    entry.Set("bytes_used", counts.bytes_used);
    found.Set(StrCat(index), std::move(entry));
  }
  return found;
}

}  // namespace

std::string DatabaseText(const DatabaseFacts& facts, const DatabasePlace& place) {
  return StrCat(HeadText(facts, place), StatText(facts, place), OtherMetadataText(facts),
                MetadataText(facts, MetadataClass::kSystem, "system metadata"),
                MetadataText(facts, MetadataClass::kUser, "user metadata"), ShardingText(facts),
                ReplicationText(facts), place.locations_text);
}

JsonValue DatabaseJson(const DatabaseFacts& facts, const DatabasePlace& place) {
  JsonValue json;
  json.Set("type", IsContainer(facts) ? "container" : "account");
  json.Set("file", facts.db_file);
  json.Set("is_deleted", facts.is_deleted);
  json.Set("path_hash", place.hash.empty() ? JsonValue() : JsonValue(place.hash));
  JsonValue info = ToJson(facts.info);
  for (auto& [name, value] : *info.AsObject())
    if (name != "metadata") json.Set(name, std::move(value));
  if (!place.policy_name.empty()) json.Set("storage_policy", place.policy_name);
  JsonValue metadata;
  metadata.Set("system", MetadataJson(facts, MetadataClass::kSystem));
  metadata.Set("user", MetadataJson(facts, MetadataClass::kUser));
  metadata.Set("other", MetadataJson(facts, MetadataClass::kOther));
  json.Set("metadata", std::move(metadata));
  json.Set("policy_stats", PoliciesJson(facts));
  json.Set("incoming_sync", SyncJson(facts.incoming));
  json.Set("outgoing_sync", SyncJson(facts.outgoing));
  json.Set("pending_bytes", facts.pending_bytes);
  if (IsContainer(facts)) {
    json.Set("is_root", facts.is_root);
    json.Set("root_path", facts.root_path);
    JsonValue::Array ranges;
    for (const ShardRange& range : facts.shard_ranges) ranges.push_back(ToJson(range));
    json.Set("shard_ranges", std::move(ranges));
  }
  json.Set("locations", place.locations);
  return json;
}

}  // namespace dbrepl
