#include "replicator/peer_round.h"

#include <algorithm>
#include <cstdint>

#include "common/check.h"

namespace dbrepl {

PeerRound::PeerRound(const Ring& ring, PartitionId partition, DeviceId local_device,
                     const PeerPlan& plan)
    : local_device_(local_device),
      planned_(plan.targets.size()),
      targets_(plan.targets),
      handoffs_(ring.HandoffsOf(partition)) {}

const Device* PeerRound::Next() { return begun_ == targets_.size() ? nullptr : targets_[begun_++]; }

void PeerRound::NotePlace(const Device& node, bool synced) {
  asked_.emplace(node.replication_ip, node.device);
  if (!synced) failed_.emplace(node.replication_ip, node.device);
}

bool PeerRound::Note(PeerOutcome outcome) {
  const bool synced = outcome == PeerOutcome::kSynced;
  if (outcome != PeerOutcome::kFileSent) NotePlace(*targets_[begun_ - 1], synced);
  responses_.push_back(synced);
  if (begun_ <= planned_) primaries_.push_back(synced);
  if (outcome != PeerOutcome::kNotMounted) return true;
  const Device* next = handoffs_.Next();
  while (next != nullptr && next->id == local_device_) next = handoffs_.Next();
  if (next != nullptr) targets_.push_back(next);
  return next != nullptr;
}

void PeerRound::NoteMerge(const Device& node, bool merged) {
  const auto target = std::find(targets_.begin(), targets_.end(), &node);
  CHECK(target != targets_.end());
  NotePlace(node, merged);
  const auto index = static_cast<std::size_t>(target - targets_.begin());
  responses_[index] = merged;
  if (index < planned_) primaries_[index] = merged;
}

void PeerRound::CountInto(PassStats& stats) const {
  stats.success += static_cast<std::int64_t>(asked_.size() - failed_.size());
  for (const auto& [ip, device] : failed_) stats.AddFailure(ip, device);
}

void CountFailureOfEach(const NodeList& primaries, PassStats& stats) {
  for (const Device* node : primaries) stats.AddFailure(node->replication_ip, node->device);
}

}  // namespace dbrepl
