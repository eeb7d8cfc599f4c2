// One visit to one local database: reclaim, compare with every peer, bring them into agreement,
// remove what does not belong here (swift-reference.md sections 5.4 to 5.8).
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "replicator/brakes.h"
#include "replicator/file_sender.h"
#include "replicator/found_database.h"
#include "replicator/pass_options.h"
#include "replicator/pass_stats.h"
#include "replicator/peer_replica.h"
#include "ring/ring.h"

namespace dbrepl {

class PostVisit;
class SpareConnections;

// What all visits of a pass share. Everything outlives the pass and is thread-safe.
struct VisitTools {
  const PassOptions& options;
  AskPeer ask;
  FileSender& files;
  Brakes& brakes;
  std::stop_token stop;
  PostVisit* post_visit = nullptr;     // containers only (post_visit.h); null: nothing besides rows
  SpareConnections* spares = nullptr;  // null: every visit opens its database from scratch
};

// Never fails: whatever happens to the database is in the counts and in the log; after a stop, what
// happened until then. Thread-safe for different databases.
PassStats ReplicateDatabase(const VisitTools& tools, const Ring& ring, const FoundDatabase& found);

}  // namespace dbrepl
