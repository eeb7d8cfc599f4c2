// What the steps towards one peer share (peer_sync, send_rows, send_file, container_peer_sync).
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "replicator/database_visit.h"
#include "replicator/peer_replica.h"

namespace dbrepl {

// No replica has more rows than this; a peer that says so must not use up our ROWIDs.
inline constexpr std::int64_t kMostRows = std::int64_t{1} << 40;

struct PeerStep {
  DatabaseVisit& visit;
  PeerReplica& peer;
  SyncAnswer answer;  // its state when we asked
  bool is_other_region = false;
  bool earlier_peers_left_notes = false;  // which are not written yet (visit_notes.h)
  bool lacks_shard_ranges = false;        // of ours: it did not take them

  // "<ip>:<port>/<device>" as Swift's lines about single databases name a peer: the address for
  // clients.
  std::string PeerForClients() const;
};

// True: the peer did it. False: it did not, and the log says so in Swift's words. The only error is
// kCancelled.
Result<bool> PeerDid(const DatabaseVisit& visit, const Result<>& outcome);

// `sync` tells the storage policy too.
bool WithPolicy(const DatabaseVisit& visit);

// Forgives a full disk of our own, with a line in the log: what could not be written down is found
// out again in the next pass, and a handoff may go and make room.
Result<> UnlessDiskIsFull(const DatabaseVisit& visit, Result<> written);

// kCancelled when a stop was requested.
Result<> GoOn(const DatabaseVisit& visit);

}  // namespace dbrepl
