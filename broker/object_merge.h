// Which rows a batch of object rows leaves in a database: the rules, without the database. Pure
// but for the plan's own state; a plan is used by one thread at a time. Source: swift-reference.md
// section 3.9, swift-behaviours.md section 4.
//
// Data (size, etag, deleted, swift_bytes), content type and metadata each have a time of their own
// and are merged each for itself: the newer wins, of equal times what is there already stays.
// Hence merging is idempotent, commutative and associative wherever equal times mean equal content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/object_row.h"
#include "common/result.h"
#include "common/timestamp.h"

namespace dbrepl {

// An item whose times are known; row.created_at is their encoded form.
struct TimedObject {
  ObjectRow row;
  RowTimes times;
};

// Puts the item's times together and re-encodes them. A time that is none: kBadInput with the
// object's name.
Result<TimedObject> TimeObject(ObjectItem item);

// Gives `item` everything in which `existing` is as new or newer. False: that was everything, the
// existing row stays as it is. The names and policies of both are taken to be equal. The item's
// content type is taken apart and put together again, whatever wins (content_type.h).
bool MergeOverExisting(const ObjectRow& existing, const RowTimes& existing_times,
                       TimedObject& item);

// One batch. Memory is that of the items and of the rows found for them.
//
//   ObjectMergePlan plan(std::move(items));
//   for (...) plan.AddExisting(row);   // every row whose name occurs in the batch
//   TRY(plan.Decide());
//   delete plan.superseded(), then insert plan.winners() in their order
class ObjectMergePlan {
 public:
  explicit ObjectMergePlan(std::vector<TimedObject> items);

  // The names to look up, each once, in order of their bytes. Valid as long as the plan.
  std::vector<std::string_view> Names() const;

  // Rows of other policies than the batch's are ignored. Of several rows with one identity (damage
  // that Swift tolerates) the last given one counts, and all of them go when it is superseded.
  void AddExisting(StoredObject stored);

  // Merges item after item, those of one identity over each other. A row in the database whose
  // created_at is none: kBadInput with its name. Call once, after the last AddExisting().
  Result<> Decide();

  // Rows to delete, and rows to insert in order of the first item of each identity that won
  // anything. Valid as long as the plan.
  const std::vector<const StoredObject*>& superseded() const { return superseded_; }
  const std::vector<const TimedObject*>& winners() const { return winners_; }

 private:
  struct Identity {
    std::string_view name;  // of the first item that has it
    std::int64_t storage_policy_index;
    bool operator==(const Identity&) const = default;
  };
  struct IdentityHash {
    std::size_t operator()(const Identity& identity) const;
  };
  struct Slot {
    std::vector<StoredObject> existing;
    bool superseded = false;
    std::optional<std::size_t> winner;  // in winners_
  };

  Result<> DecideItem(TimedObject& item);

  std::vector<TimedObject> items_;
  std::unordered_map<Identity, Slot, IdentityHash> slots_;
  std::vector<const StoredObject*> superseded_;
  std::vector<const TimedObject*> winners_;
};

}  // namespace dbrepl
