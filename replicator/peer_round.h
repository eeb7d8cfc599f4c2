// The peers of one visit, in the order in which they are asked, and how they fared
// (swift-reference.md section 5.4). Lives for one visit, on one thread.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "replicator/decide.h"
#include "replicator/pass_stats.h"
#include "ring/ring.h"

namespace dbrepl {

enum class PeerOutcome {
  kSynced,
  kFailed,      // logged
  kNotMounted,  // 507: a handoff is to take its place
  kFileSent,    // that is not all: it is to merge the file yet
};

class PeerRound {
 public:
  // The ring outlives it.
  PeerRound(const Ring& ring, PartitionId partition, DeviceId local_device, const PeerPlan& plan);

  // The next one to ask; nullptr: all were.
  const Device* Next();
  // How the one fared that Next returned last. After kNotMounted the next handoff, but never the
  // local device, is asked too. False: there is none left.
  bool Note(PeerOutcome outcome);
  // How one fared in the end that was noted as kFileSent. Until then it does not have everything,
  // and counts neither as success nor as failure.
  void NoteMerge(const Device& node, bool merged);
  // Counts everyone who was asked as failed.
  void FailAll() { failed_ = asked_; }

  // Of each that was asked, in that order: has it everything? Handoffs in place of others too.
  const std::vector<bool>& responses() const { return responses_; }
  // The same of the plan's targets alone.
  const std::vector<bool>& primaries() const { return primaries_; }
  // Adds each place of a replica once, as Swift does: a success or a failure.
  void CountInto(PassStats& stats) const;

 private:
  // (replication_ip, device), as failures are counted.
  using Place = std::pair<std::string, std::string>;

  void NotePlace(const Device& node, bool synced);

  const DeviceId local_device_;
  const std::size_t planned_;
  std::vector<const Device*> targets_;
  std::size_t begun_ = 0;
  Handoffs handoffs_;
  std::vector<bool> responses_;
  std::vector<bool> primaries_;
  std::set<Place> asked_;
  std::set<Place> failed_;
};

// A database that cannot be worked on counts as a failure of each of its primaries.
void CountFailureOfEach(const NodeList& primaries, PassStats& stats);

}  // namespace dbrepl
