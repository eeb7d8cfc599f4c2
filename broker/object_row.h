// Rows of a container database's object table. Plain values: no shared state, one thread at a time.
// Source: swift-reference.md sections 3.3 and 3.9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dbrepl {

// One row without its ROWID. Texts are UTF-8 and may hold NUL. A row is identified by name and
// policy together: the same name may exist once in every policy.
struct ObjectRow {
  std::string name;
  std::string created_at;  // three times in one text: data, content type, metadata (RowTimes)
  std::int64_t size = 0;   // bytes
  std::string content_type;
  std::string etag;
  std::int64_t deleted = 0;  // 1: a tombstone
  std::int64_t storage_policy_index = 0;

  bool operator==(const ObjectRow&) const = default;
};

// A row to be merged, as a peer or a pending file brings it.
struct ObjectItem {
  ObjectRow row;
  std::string content_type_timestamp;  // replaces the second and third time; empty: none given
  std::string meta_timestamp;          // replaces the third time; empty: none given
  std::optional<std::int64_t> row_id;  // in the sender's database; a pending file has none
};

// A row as it lies in a database.
struct StoredObject {
  std::int64_t row_id = 0;
  ObjectRow row;
};

}  // namespace dbrepl
