#include "broker/container_record.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

// "1700000000.00000": of two of these the greater text is the later time.
bool IsNormalForm(std::string_view text) {
  constexpr std::size_t kPoint = 10;
  constexpr std::size_t kLength = 16;
  if (text.size() != kLength || text[kPoint] != '.') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '.' || (c >= '0' && c <= '9'); }) &&
         std::count(text.begin(), text.end(), '.') == 1;
}

Result<Timestamp> TimeOf(const SqlValue& value, std::string_view what) {
  auto time = Timestamp::Parse(ToText(value));
  if (!time) return Fail(std::move(time).error().Within(what));
  return time;
}

Result<bool> IsLater(const SqlValue& left, const SqlValue& right, std::string_view what) {
  const auto* left_text = std::get_if<std::string>(&left);
  const auto* right_text = std::get_if<std::string>(&right);
  if (left_text != nullptr && right_text != nullptr && IsNormalForm(*left_text) &&
      IsNormalForm(*right_text)) {
    return *left_text > *right_text;
  }
  TRY_ASSIGN(const Timestamp left_time, TimeOf(left, what));
  TRY_ASSIGN(const Timestamp right_time, TimeOf(right, what));
  return left_time > right_time;
}

void FillFrom(SqlValue& value, const SqlValue& existing) {
  if (IsNull(value)) value = existing;
}

bool MakePlainInteger(SqlValue& value) {
  const auto plain = PlainInteger(value);
  if (plain) value = *plain;
  return plain.has_value();
}

bool IsTextOrNull(const SqlValue& value) {
  return IsNull(value) || std::holds_alternative<std::string>(value);
}

}  // namespace

Result<ContainerRecord> MergeContainerRecords(const ContainerRecord& existing,
                                              ContainerRecord incoming) {
  ContainerRecord& merged = incoming;
  FillFrom(merged.put_timestamp, existing.put_timestamp);
  FillFrom(merged.delete_timestamp, existing.delete_timestamp);
  FillFrom(merged.object_count, existing.object_count);
  FillFrom(merged.bytes_used, existing.bytes_used);
  TRY_ASSIGN(const bool put_is_older,
             IsLater(existing.put_timestamp, merged.put_timestamp, "put_timestamp"));
  if (put_is_older) merged.put_timestamp = existing.put_timestamp;
  TRY_ASSIGN(const bool delete_is_older,
             IsLater(existing.delete_timestamp, merged.delete_timestamp, "delete_timestamp"));
  if (delete_is_older) merged.delete_timestamp = existing.delete_timestamp;
  TRY_ASSIGN(const bool deleted_last,
             IsLater(merged.delete_timestamp, merged.put_timestamp, "delete_timestamp"));
  merged.deleted = std::int64_t{deleted_last && IsZeroLike(merged.object_count) ? 1 : 0};
  return std::move(merged);
}

bool MakePlain(ContainerRecord& record) {
  return std::holds_alternative<std::string>(record.name) && IsTextOrNull(record.put_timestamp) &&
         IsTextOrNull(record.delete_timestamp) && MakePlainInteger(record.object_count) &&
         MakePlainInteger(record.bytes_used) && MakePlainInteger(record.deleted) &&
         MakePlainInteger(record.storage_policy_index);
}

}  // namespace dbrepl
