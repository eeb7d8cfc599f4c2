// One replica in a dry run: what a visit would send it, or take over from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/container_broker.h"
#include "common/ids.h"
#include "replicator/dry_run/dry_visit.h"
#include "replicator/peer_round.h"

namespace dbrepl {

// The database of a dry visit. Lives for that visit, on one thread.
struct DryDatabase {
  const DryRunTools& tools;
  const FoundDatabase& found;
  DatabaseBroker& broker;
  std::string hash;         // of its directory
  PartitionId partition{};  // where it belongs
  ReplicationInfo info{};
  std::int64_t bytes = 0;  // of its file
  DryVisitOutcome outcome{};

  const PassOptions& options() const { return tools.options; }
  // nullptr for an account.
  ContainerBroker* container() const { return dynamic_cast<ContainerBroker*>(&broker); }
  // One more line of the outcome.
  void Add(DryAction action, std::string_view what, std::optional<std::int64_t> rows = {},
           std::optional<std::int64_t> bytes_of_file = {});
};

// What goes wrong over there is a line and an outcome; an error is the broker's, or kCancelled.
Result<PeerOutcome> LookAtPeer(DryDatabase& database, const Device& node);

}  // namespace dbrepl
