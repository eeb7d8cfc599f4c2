// What a visit finds out about its own database and writes down in it at its end, all at once: a
// transaction of its own for each would cost three syncs to disk each time. Nothing is lost when it
// is never written: the next visit finds out the same.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/database_broker.h"
#include "broker/sync_points.h"
#include "common/result.h"

namespace dbrepl {

// What a peer's replica of a container says of its times, if that is news.
struct PeerTimestamps {
  std::string created_at;
  std::string put_timestamp;
  std::string delete_timestamp;
  bool is_of_created_at_only = false;  // the others are no later than ours
};

// Plain data; for one visit, on one thread.
struct VisitNotes {
  std::vector<PeerTimestamps> timestamps{};  // in the order in which the peers were asked
  std::vector<SyncPoint> outgoing{};         // up to where peers have our rows
  std::vector<SyncPoint> incoming{};         // and receivers of our file have none but ours
  std::optional<RowId> reconciler_point{};   // of a container

  // Both are also true of none at all.
  bool is_of_receivers_only() const {
    return timestamps.empty() && outgoing.empty() && !reconciler_point;
  }
  bool is_of_created_at_only() const {
    return std::ranges::all_of(timestamps, &PeerTimestamps::is_of_created_at_only) &&
           outgoing.empty() && incoming.empty() && !reconciler_point;
  }
  bool empty() const { return is_of_receivers_only() && incoming.empty(); }
};

// Writes them in one transaction; nothing at all when there are none, or when the database is gone
// or is not the one with this id any more: they speak of rows by their ROWIDs. `notes` are empty
// afterwards, also after an error. Errors: the broker's.
Result<> WriteNotes(DatabaseBroker& broker, std::string_view id, VisitNotes& notes);

}  // namespace dbrepl
