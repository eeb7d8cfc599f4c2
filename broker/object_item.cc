#include "broker/object_item.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "broker/item_reader.h"
#include "broker/object_merge.h"
#include "broker/pickle_value.h"
#include "broker/sql_value.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

// The members in the order of a pending tuple.
enum Field : std::size_t {
  kName,
  kCreatedAt,
  kSize,
  kContentType,
  kEtag,
  kDeleted,
  kPolicyIndex,
  kContentTypeTimestamp,
  kMetaTimestamp,
  kRowId,
  kFieldCount,
};
constexpr std::array<std::string_view, kFieldCount> kFieldNames = {"name",
                                                                   "created_at",
                                                                   "size",
                                                                   "content_type",
                                                                   "etag",
                                                                   "deleted",
                                                                   "storage_policy_index",
                                                                   "ctype_timestamp",
                                                                   "meta_timestamp",
                                                                   "ROWID"};
constexpr std::size_t kRequiredFields = kPolicyIndex;
constexpr std::size_t kTupleFields = kRowId;

// A missing member and a null one are told apart only where Swift does.
using Fields = std::array<std::optional<SqlValue>, kFieldCount>;

tl::unexpected<Error> Refuse(Field field, std::string_view problem) {
  return Fail(Errc::kBadInput, StrCat(kFieldNames[field], " ", problem));
}

Result<> TakeText(Fields& fields, Field field, std::string& out) {
  auto* text = std::get_if<std::string>(&*fields[field]);
  if (text == nullptr) return Refuse(field, "is not text");
  out = std::move(*text);
  return {};
}

// What SQLite stores in an INTEGER column for it.
Result<> TakeInteger(Fields& fields, Field field, std::int64_t& out) {
  if (!fields[field]) return {};
  if (const auto integer = PlainInteger(*fields[field])) {
    out = *integer;
    return {};
  }
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const auto* number = std::get_if<double>(&*fields[field]);
  if (number == nullptr || std::trunc(*number) != *number || std::fabs(*number) > kExact) {
    return Refuse(field, "is not an integer");
  }
  out = static_cast<std::int64_t>(*number);
  return {};
}

// Null, missing and empty all mean that there is none.
Result<> TakeOptionalText(Fields& fields, Field field, std::string& out) {
  return !fields[field] || IsNull(*fields[field]) ? Result<>() : TakeText(fields, field, out);
}

Result<ObjectItem> MakeItem(Fields& fields) {
  ObjectItem item;
  for (std::size_t field = 0; field < kRequiredFields; ++field) {
    if (!fields[field]) return Refuse(static_cast<Field>(field), "is missing");
  }
  TRY(TakeText(fields, kName, item.row.name));
  TRY(TakeText(fields, kCreatedAt, item.row.created_at));
  TRY(TakeInteger(fields, kSize, item.row.size));
  TRY(TakeText(fields, kContentType, item.row.content_type));
  TRY(TakeText(fields, kEtag, item.row.etag));
  TRY(TakeInteger(fields, kDeleted, item.row.deleted));
  TRY(TakeInteger(fields, kPolicyIndex, item.row.storage_policy_index));
  TRY(TakeOptionalText(fields, kContentTypeTimestamp, item.content_type_timestamp));
  TRY(TakeOptionalText(fields, kMetaTimestamp, item.meta_timestamp));
  if (fields[kRowId]) TRY(TakeInteger(fields, kRowId, item.row_id.emplace()));
  return item;
}

class RowHandler : public ItemHandler {
 public:
  void Member(std::string_view name, SqlValue value) override {
    for (std::size_t field = 0; field < kFieldCount; ++field) {
      if (name != kFieldNames[field]) continue;
      fields_[field] = std::move(value);
      return;
    }
  }

  Result<> EndItem() override {
    auto item = MakeItem(fields_);
    if (!item) return Fail(std::move(item).error().Within(StrCat("row ", items_.size())));
    items_.push_back(*std::move(item));
    fields_ = {};
    return {};
  }

  std::vector<ObjectItem> TakeItems() { return std::move(items_); }

 private:
  Fields fields_;
  std::vector<ObjectItem> items_;
};

}  // namespace

Result<std::vector<ObjectItem>> ObjectItemsFromJson(std::string_view rows) {
  RowHandler handler;
  TRY(ReadItems(rows, handler));
  return handler.TakeItems();
}

Result<ObjectItem> ObjectItemFromPending(const PickleValue& record) {
  TRY_ASSIGN(std::vector<SqlValue> values, TupleFields(record, kRequiredFields));
  Fields fields;
  for (std::size_t i = 0; i < values.size() && i < kTupleFields; ++i) {
    fields[i] = std::move(values[i]);
  }
  TRY_ASSIGN(ObjectItem item, MakeItem(fields));
  TRY(TimeObject(item));
  return item;
}

}  // namespace dbrepl
