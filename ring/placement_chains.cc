#include <algorithm>
#include <optional>

#include "ring/placement_steps.h"

namespace dbrepl {

namespace {

// Looks at a move this often at most in one rebalance: about a second. Rings that need more keep a
// small imbalance until the next rebalance.
constexpr std::uint64_t kMaxLooks = 200'000'000;

class ChainSearch {
 public:
  explicit ChainSearch(PlacementState& state)
      : state_(state), counts_(state), slots_(DeviceCount(state)), steps_(slots_.size()) {
    for (std::uint32_t partition = 0; partition < state.partitions(); ++partition) {
      for (std::uint32_t row = 0; row < state.RowsOf(partition); ++row) {
        const Slot slot{partition, row};
        if (state.IsMovable(slot)) slots_[state.DeviceAt(slot)].push_back(slot);
      }
    }
    const PlacementTree& tree = state.tree();
    for (TreeNodeId node = 0; node < tree.size(); ++node) {
      if (tree[node].level != kTreeLevels) continue;
      devices_.push_back(tree[node].device);
    }
    stuck_.assign(slots_.size(), false);
  }

  void Run() {
    for (;;) {
      const std::optional<DeviceId> source = MostOverweight();
      if (!source || looks_ > kMaxLooks) return;
      const std::optional<DeviceId> end = Search(*source);
      if (!end) {
        // Nothing that this source reaches gets anywhere, now or later.
        for (const DeviceId device : queue_) stuck_[device] = true;
        continue;
      }
      Apply(*end);
    }
  }

 private:
  // How a device was reached: the slot that would move to it, and from where.
  struct Step {
    DeviceId from = kNoDevice;
    Slot slot;
  };

  static std::size_t DeviceCount(const PlacementState& state) {
    std::size_t count = 0;
    for (TreeNodeId node = 0; node < state.tree().size(); ++node) {
      const auto& shape = state.tree()[node];
      if (shape.level == kTreeLevels) count = std::max(count, std::size_t{shape.device} + 1);
    }
    return count;
  }

  std::optional<DeviceId> MostOverweight() const {
    std::optional<DeviceId> worst;
    for (const DeviceId device : devices_) {
      if (state_.Wanted(device) >= 0 || stuck_[device]) continue;
      if (!worst || state_.Wanted(device) < state_.Wanted(*worst)) worst = device;
    }
    return worst;
  }

  // Breadth first from the source to a device that wants a slot; fills queue_ and steps_.
  std::optional<DeviceId> Search(DeviceId source) {
    std::vector<DeviceId> unseen = devices_;
    std::erase_if(unseen, [&](DeviceId device) {
      return device == source || state_.plan().max[state_.tree().NodeOf(device)] == 0;
    });
    queue_ = {source};
    steps_[source] = {};
    for (std::size_t next = 0; next < queue_.size(); ++next) {
      if (const auto end = Expand(queue_[next], unseen)) return end;
    }
    return std::nullopt;
  }

  // Tries all slots of a device on all devices not seen yet.
  std::optional<DeviceId> Expand(DeviceId device, std::vector<DeviceId>& unseen) {
    for (const Slot slot : slots_[device]) {
      if (unseen.empty() || looks_ > kMaxLooks) break;
      if (!state_.IsMovable(slot) || IsOnChain(device, slot.partition)) continue;
      counts_.Load(slot.partition);
      for (std::size_t i = 0; i < unseen.size();) {
        ++looks_;
        const DeviceId target = unseen[i];
        if (!MayTake(device, target)) {
          ++i;
          continue;
        }
        steps_[target] = {device, slot};
        if (state_.Wanted(target) > 0) return target;
        queue_.push_back(target);
        unseen[i] = unseen.back();
        unseen.pop_back();
      }
    }
    return std::nullopt;
  }

  bool IsOnChain(DeviceId device, std::uint32_t partition) const {
    for (; steps_[device].from != kNoDevice; device = steps_[device].from) {
      if (steps_[device].slot.partition == partition) return true;
    }
    return false;
  }

  // Whether the move leaves every node within the plan, or no further outside than it is.
  bool MayTake(DeviceId source, DeviceId target) const {
    const PlacementTree::Path& from = state_.tree().PathOf(source);
    const PlacementTree::Path& to = state_.tree().PathOf(target);
    for (std::size_t level = kTreeLevels; level > 0; --level) {
      const TreeNodeId leaves = from[level - 1];
      const TreeNodeId enters = to[level - 1];
      if (leaves == enters) return true;
      if (counts_[leaves] <= state_.plan().min[leaves]) return false;
      if (counts_[enters] >= state_.plan().max[enters]) return false;
    }
    return true;
  }

  // Moves the slots of the chain that ends at `end`.
  void Apply(DeviceId end) {
    for (DeviceId device = end; steps_[device].from != kNoDevice; device = steps_[device].from) {
      const Step step = steps_[device];
      state_.Take(step.slot);
      state_.Put(step.slot, device);
      auto& given = slots_[step.from];
      given.erase(std::find_if(given.begin(), given.end(), [&](Slot slot) {
        return slot.partition == step.slot.partition && slot.row == step.slot.row;
      }));
      slots_[device].push_back(step.slot);
    }
  }

  PlacementState& state_;
  PartitionCounts counts_;
  std::vector<std::vector<Slot>> slots_;  // by device: what it holds that may move
  std::vector<Step> steps_;               // by device, for the devices of queue_
  std::vector<DeviceId> devices_;         // all that are there
  std::vector<DeviceId> queue_;           // devices reached, in order
  std::vector<bool> stuck_;               // by device
  std::uint64_t looks_ = 0;
};

}  // namespace

void MoveAlongChains(PlacementState& state) {
  if (state.Available(PlacementTree::kRoot) == 0) return;
  ChainSearch(state).Run();
}

}  // namespace dbrepl
