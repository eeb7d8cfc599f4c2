#include "broker/object_merge.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "broker/content_type.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

std::string Place(const ObjectRow& row) { return StrCat("object \"", Printable(row.name), "\""); }

Result<RowTimes> ItemTimes(const ObjectItem& item) {
  TRY_ASSIGN(RowTimes times, DecodeRowTimes(item.row.created_at));
  if (!item.content_type_timestamp.empty()) {
    TRY_ASSIGN(times.content_type, Timestamp::Parse(item.content_type_timestamp));
    times.metadata = times.content_type;
  }
  if (!item.meta_timestamp.empty()) {
    TRY_ASSIGN(times.metadata, Timestamp::Parse(item.meta_timestamp));
  }
  return times;
}

// Then the encoded text says all there is to the times: equal texts are equal times.
bool IsOneTime(const RowTimes& times) {
  return times.data == times.content_type && times.data == times.metadata;
}

}  // namespace

Result<TimedObject> TimeObject(ObjectItem item) {
  auto times = ItemTimes(item);
  if (!times) return Fail(std::move(times).error().Within(Place(item.row)));
  item.row.created_at = EncodeRowTimes(*times);
  return TimedObject{std::move(item.row), *times};
}

bool MergeOverExisting(const ObjectRow& existing, const RowTimes& existing_times,
                       TimedObject& item) {
  ContentType type = ParseContentType(item.row.content_type);
  const ContentType existing_type = ParseContentType(existing.content_type);
  bool newer = false;
  if (existing_times.data >= item.times.data) {
    item.times.data = existing_times.data;
    item.row.size = existing.size;
    item.row.etag = existing.etag;
    item.row.deleted = existing.deleted;
    type.swift_bytes = existing_type.swift_bytes;
  } else {
    newer = true;
  }
  if (existing_times.content_type >= item.times.content_type) {
    item.times.content_type = existing_times.content_type;
    type.type = existing_type.type;
  } else {
    newer = true;
  }
  if (existing_times.metadata >= item.times.metadata) {
    item.times.metadata = existing_times.metadata;
  } else {
    newer = true;
  }
  item.row.created_at = EncodeRowTimes(item.times);
  item.row.content_type = type.Column();
  return newer;
}

std::size_t ObjectMergePlan::IdentityHash::operator()(const Identity& identity) const {
  return std::hash<std::string_view>{}(identity.name) ^
         std::hash<std::int64_t>{}(identity.storage_policy_index * 0x9e3779b9);
}

ObjectMergePlan::ObjectMergePlan(std::vector<TimedObject> items) : items_(std::move(items)) {
  slots_.reserve(items_.size());
  winners_.reserve(items_.size());
  for (const TimedObject& item : items_) {
    slots_.try_emplace(Identity{item.row.name, item.row.storage_policy_index});
  }
}

std::vector<std::string_view> ObjectMergePlan::Names() const {
  std::vector<std::string_view> names;
  names.reserve(slots_.size());
  for (const auto& [identity, slot] : slots_) names.push_back(identity.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void ObjectMergePlan::AddExisting(StoredObject stored) {
  const auto slot = slots_.find(Identity{stored.row.name, stored.row.storage_policy_index});
  if (slot != slots_.end()) slot->second.existing.push_back(std::move(stored));
}

Result<> ObjectMergePlan::Decide() {
  for (TimedObject& item : items_) TRY(DecideItem(item));
  return {};
}

Result<> ObjectMergePlan::DecideItem(TimedObject& item) {
  Slot& slot = slots_.find(Identity{item.row.name, item.row.storage_policy_index})->second;
  const RowTimes own_times = item.times;
  if (!slot.existing.empty()) {
    const ObjectRow& existing = slot.existing.back().row;
    if (IsOneTime(item.times) && existing.created_at == item.row.created_at) return {};
    auto times = DecodeRowTimes(existing.created_at);
    if (!times) return Fail(std::move(times).error().Within(Place(existing)));
    if (!MergeOverExisting(existing, *times, item)) return {};
    if (!std::exchange(slot.superseded, true)) {
      for (const StoredObject& stored : slot.existing) superseded_.push_back(&stored);
    }
  }
  if (slot.winner) {
    // Swift compares with what the earlier item's row would say, where offsets of the second and
    // third time are lost, and with the later item's own times.
    const ObjectRow& earlier = winners_[*slot.winner]->row;
    TRY_ASSIGN(const RowTimes earlier_times, DecodeRowTimes(earlier.created_at));
    item.times = own_times;
    MergeOverExisting(earlier, earlier_times, item);
    winners_[*slot.winner] = &item;
  } else {
    slot.winner = winners_.size();
    winners_.push_back(&item);
  }
  return {};
}

}  // namespace dbrepl
