#include "ring/placement_home.h"

#include "common/check.h"

namespace dbrepl {

namespace {

// A cheap lot for a node and a partition (the finalizer of splitmix64).
std::uint64_t DrawLot(std::uint64_t salt, std::uint32_t partition, TreeNodeId node) {
  std::uint64_t lot = salt ^ (std::uint64_t{partition} << 32 | node);
  lot = (lot ^ lot >> 30) * 0xBF58476D1CE4E5B9U;
  lot = (lot ^ lot >> 27) * 0x94D049BB133111EBU;
  return lot ^ lot >> 31;
}

}  // namespace

HomeFinder::Score HomeFinder::ScoreOf(std::uint32_t partition, TreeNodeId node) const {
  const PlacementTree::Node& shape = state_->tree()[node];
  const std::int64_t wanted =
      shape.level == kTreeLevels ? state_->Wanted(shape.device) : state_->Available(node);
  return {(*counts_)[node] < state_->plan().min[node], wanted - promised_[node],
          DrawLot(salt_, partition, node)};
}

bool HomeFinder::Allows(TreeNodeId node) const {
  return (*counts_)[node] < state_->plan().max[node];
}

std::optional<DeviceId> HomeFinder::Descend(std::uint32_t partition, TreeNodeId node,
                                            Demand demand) const {
  const PlacementTree::Node& shape = state_->tree()[node];
  if (shape.level == kTreeLevels) return shape.device;
  // Children in falling order of their scores, until one has a home; nearly always the first.
  std::optional<Score> below;
  for (;;) {
    std::optional<Score> best;
    TreeNodeId best_child = 0;
    for (TreeNodeId child = shape.first_child; child < shape.first_child + shape.children;
         ++child) {
      if (!Allows(child)) continue;
      if (demand == Demand::kWanted && state_->Available(child) <= 0) continue;
      const Score score = ScoreOf(partition, child);
      if (below && !(score < *below)) continue;
      if (!best || *best < score) {
        best = score;
        best_child = child;
      }
    }
    if (!best) return std::nullopt;
    if (const auto home = Descend(partition, best_child, demand)) return home;
    below = best;
  }
}

std::optional<DeviceId> HomeFinder::FindWanting(std::uint32_t partition, TreeNodeId top) const {
  return Descend(partition, top, Demand::kWanted);
}

DeviceId HomeFinder::FindAny(std::uint32_t partition) const {
  if (const auto home = Descend(partition, PlacementTree::kRoot, Demand::kWanted)) return *home;
  if (const auto home = Descend(partition, PlacementTree::kRoot, Demand::kAny)) return *home;
  return LeastBad(partition);
}

// Only partitions that broke the plan before come here, for example with two replicas in a region
// that should hold one and must not lose it yet.
DeviceId HomeFinder::LeastBad(std::uint32_t partition) const {
  const PlacementTree& tree = state_->tree();
  std::optional<DeviceId> best;
  std::size_t best_breaches = 0;
  Score best_score;
  for (TreeNodeId node = 0; node < tree.size(); ++node) {
    const PlacementTree::Node& shape = tree[node];
    if (shape.level != kTreeLevels || shape.usable == 0 || (*counts_)[node] > 0) continue;
    std::size_t breaches = 0;
    for (const TreeNodeId above : tree.PathOf(shape.device)) breaches += Allows(above) ? 0 : 1;
    const Score score = ScoreOf(partition, node);
    if (!best || breaches < best_breaches || (breaches == best_breaches && best_score < score)) {
      best = shape.device;
      best_breaches = breaches;
      best_score = score;
    }
  }
  CHECK(best.has_value());  // there are at least as many usable devices as replicas
  return *best;
}

}  // namespace dbrepl
