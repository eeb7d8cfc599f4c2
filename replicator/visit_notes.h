// What a visit finds out about its own database and writes down in it at its end, all at once: a
// transaction of its own for each would cost three syncs to disk each time. Nothing is lost when it
// is never written: the next visit finds out the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/database_broker.h"
#include "broker/sync_points.h"
#include "common/result.h"

namespace dbrepl {

// What a peer's replica of a container says of its times.
struct PeerTimestamps {
  std::string created_at;
  std::string put_timestamp;
  std::string delete_timestamp;
};

// Plain data; for one visit, on one thread.
struct VisitNotes {
  std::vector<PeerTimestamps> timestamps{};  // in the order in which the peers were asked
  std::vector<SyncPoint> outgoing{};         // up to where peers have our rows
  std::vector<SyncPoint> incoming{};         // and receivers of our file have none but ours
  std::optional<RowId> reconciler_point{};   // of a container

  bool is_of_receivers_only() const {
    return timestamps.empty() && outgoing.empty() && !reconciler_point;
  }
  bool empty() const { return is_of_receivers_only() && incoming.empty(); }
};

// Writes them in one transaction; nothing at all when there are none. `notes` are empty afterwards,
// also after an error. Errors: the broker's, kNotFound when the database is gone.
Result<> WriteNotes(DatabaseBroker& broker, VisitNotes& notes);

}  // namespace dbrepl
