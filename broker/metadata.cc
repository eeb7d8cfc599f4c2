#include "broker/metadata.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/strings.h"
#include "common/timestamp.h"
#include "common/utf8.h"

namespace dbrepl {

namespace {

Result<MetadataItem> ItemOf(const JsonValue::Member& member) {
  const JsonValue::Array* pair = member.second.AsArray();
  const std::string* value = nullptr;
  const std::string* timestamp = nullptr;
  if (pair != nullptr && pair->size() == 2) {
    value = (*pair)[0].AsString();
    timestamp = (*pair)[1].AsString();
  }
  if (value == nullptr || timestamp == nullptr) {
    return Fail(Errc::kBadInput,
                StrCat("metadata: \"", Printable(member.first), "\" is not [value, timestamp]"));
  }
  return MetadataItem{member.first, *value, *timestamp};
}

MetadataItem* Find(Metadata& metadata, std::string_view name) {
  const auto found = std::find_if(metadata.begin(), metadata.end(),
                                  [&](const MetadataItem& item) { return item.name == name; });
  return found == metadata.end() ? nullptr : &*found;
}

std::size_t CodePoints(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

Result<Metadata> ParseMetadata(std::string_view json) {
  Metadata metadata;
  if (json.empty()) return metadata;
  auto document = ParseJson(json);
  if (!document) return Fail(std::move(document).error().Within("metadata"));
  const JsonValue::Object* members = document->AsObject();
  if (members == nullptr) return Fail(Errc::kBadInput, "metadata: not a JSON object");
  for (const auto& member : *members) {
    TRY_ASSIGN(MetadataItem item, ItemOf(member));
    metadata.push_back(std::move(item));
  }
  return metadata;
}

std::string DumpMetadata(const Metadata& metadata) {
  JsonValue::Object members;
  members.reserve(metadata.size());
  for (const auto& item : metadata) {
    members.emplace_back(item.name, JsonValue::Array{item.value, item.timestamp});
  }
  return DumpJson(std::move(members));
}

const MetadataItem* FindMetadata(const Metadata& metadata, std::string_view name) {
  return Find(const_cast<Metadata&>(metadata), name);
}

bool MergeMetadata(Metadata& metadata, const Metadata& updates) {
  bool taken = false;
  for (const auto& update : updates) {
    MetadataItem* present = Find(metadata, update.name);
    if (present == nullptr) {
      metadata.push_back(update);
    } else if (update.timestamp > present->timestamp) {
      *present = update;
    } else {
      continue;
    }
    taken = true;
  }
  return taken;
}

Result<bool> ReclaimMetadata(Metadata& metadata, double before_seconds) {
  TRY_ASSIGN(const Timestamp before, Timestamp::FromSeconds(before_seconds));
  Metadata kept;
  for (const auto& item : metadata) {
    if (item.value.empty()) {
      auto deleted_at = Timestamp::Parse(item.timestamp);
      if (!deleted_at) {
        return Fail(std::move(deleted_at)
                        .error()
                        .Within(StrCat("metadata: \"", Printable(item.name), "\"")));
      }
      if (*deleted_at < before) continue;
    }
    kept.push_back(item);
  }
  const bool changed = kept.size() != metadata.size();
  metadata = std::move(kept);
  return changed;
}

Result<> CheckMetadataLimits(const Metadata& metadata, const MetadataLimits& limits) {
  constexpr std::string_view kPrefixes[] = {"x-account-meta-", "x-container-meta-"};
  std::size_t count = 0;
  std::size_t size = 0;
  for (const auto& item : metadata) {
    if (!IsValidUtf8(item.name) || !IsValidUtf8(item.value)) {
      return Fail(Errc::kBadInput, "Metadata must be valid UTF-8");
    }
    const std::string name = AsciiLower(item.name);
    for (const auto prefix : kPrefixes) {
      if (item.value.empty() || name.compare(0, prefix.size(), prefix) != 0) continue;
      ++count;
      size += CodePoints(name) - prefix.size() + CodePoints(item.value);
    }
  }
  if (count > limits.max_count) {
    return Fail(Errc::kBadInput, StrCat("Too many metadata items; max ", limits.max_count));
  }
  if (size > limits.max_overall_size) {
    return Fail(Errc::kBadInput, StrCat("Total metadata too large; max ", limits.max_overall_size));
  }
  return {};
}

}  // namespace dbrepl
