// Object rows on their way in: from a peer's JSON and from the tuples of a pending file. Pure,
// thread-safe. Source: swift-reference.md sections 3.9 and 3.15.
#pragma once

#include <string_view>
#include <vector>

#include "broker/object_row.h"
#include "common/pickle.h"
#include "common/result.h"

namespace dbrepl {

// The rows of one merge_items call: a JSON array of objects with the members of an object row,
// storage_policy_index, ctype_timestamp, meta_timestamp and ROWID optional, others ignored.
// Integers may come as text. Malformed JSON, a missing member, a value of a wrong type: kBadInput
// with the place.
Result<std::vector<ObjectItem>> ObjectItemsFromJson(std::string_view rows);

// One record of a pending file: a tuple (name, created_at, size, content_type, etag, deleted
// [, storage_policy_index [, ctype_timestamp [, meta_timestamp]]]), as long as its writer was old;
// fields beyond the ninth are ignored. Anything that could not be merged, be it for its types, its
// times or text that is not UTF-8: kBadInput.
Result<ObjectItem> ObjectItemFromPending(const PickleValue& record);

}  // namespace dbrepl
