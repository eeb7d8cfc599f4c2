// A row of an account database's table of containers, and the rule by which two of them become one
// (swift-reference.md section 3.10). Plain values and pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/sql_value.h"
#include "common/result.h"

namespace dbrepl {

// Values as they came: servers put counts into pending files as text, old rows have NULLs.
struct ContainerRecord {
  SqlValue name;
  SqlValue put_timestamp;
  SqlValue delete_timestamp;
  SqlValue object_count;
  SqlValue bytes_used;
  SqlValue deleted;  // 1: a tombstone
  SqlValue storage_policy_index = std::int64_t{0};

  bool operator==(const ContainerRecord&) const = default;
};

// A record to be merged.
struct ContainerItem {
  ContainerRecord record;
  std::optional<std::int64_t> row_id;  // in the sender's database; pending records have none
};

// What becomes of `existing` when `incoming` is merged: the greater put and delete timestamps, but
// counts and policy of the incoming record even if that is older; what is NULL in it is filled from
// the existing. A timestamp that is none: kBadInput.
Result<ContainerRecord> MergeContainerRecords(const ContainerRecord& existing,
                                              ContainerRecord incoming);

// Counts, `deleted` and policy as integers, where INTEGER columns would store these for certain,
// and texts as text. False, with the record half changed, when something else is there (NULL
// counts, "1.5", a timestamp that is a number): then only SQLite knows what will be stored.
bool MakePlain(ContainerRecord& record);

}  // namespace dbrepl
