#include "ring/handoff_sequences.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ring/handoffs.h"

namespace dbrepl {

namespace {

// Devices that hold partitions, the one that appears first at the front. A doubly linked list in
// two arrays, closed through a head that is no device.
class FirstSeen {
 public:
  explicit FirstSeen(std::size_t device_ids)
      : head_(static_cast<std::uint32_t>(device_ids)),
        next_(device_ids + 1, kAbsent),
        previous_(device_ids + 1, kAbsent) {
    next_[head_] = previous_[head_] = head_;
  }

  void MoveToFront(DeviceId id) {
    if (next_[id] != kAbsent) {
      next_[previous_[id]] = next_[id];
      previous_[next_[id]] = previous_[id];
    }
    next_[id] = next_[head_];
    previous_[id] = head_;
    previous_[next_[head_]] = id;
    next_[head_] = id;
  }

  void CopyTo(std::vector<DeviceId>& order) const {
    order.clear();
    for (std::uint32_t id = next_[head_]; id != head_; id = next_[id]) order.push_back(id);
  }

 private:
  static constexpr std::uint32_t kAbsent = UINT32_MAX;

  std::uint32_t head_;
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> previous_;
};

// One partition that is asked for, and where its search begins.
struct Request {
  std::uint64_t start = 0;
  PartitionId partition;
};

class Sweeper {
 public:
  Sweeper(const RingData& data, const Tiers& tiers) : data_(data), tiers_(tiers) {}

  // `requests` share a stride and their start modulo it, latest start first.
  template <class Emit>
  void Sweep(const std::vector<Request>& requests, std::uint64_t stride, Emit emit) {
    const std::uint64_t lowest = requests.front().start % stride;
    const std::uint64_t highest = data_.PartitionCount() - stride + lowest;
    FirstSeen seen(data_.devices.size());
    // What a search finds when it begins again at the front; there Swift leaves out partition 0.
    for (std::uint64_t at = highest; at > 0 && at <= highest; at -= stride) See(at, seen);
    std::uint64_t at = highest + stride;
    for (const Request& request : requests) {
      while (at > request.start) See(at -= stride, seen);
      seen.CopyTo(order_);
      emit(request.partition, Choose(request.partition));
    }
  }

 private:
  void See(std::uint64_t partition, FirstSeen& seen) const {
    for (auto row = data_.rows.rbegin(); row != data_.rows.rend(); ++row) {
      if (partition < row->size()) seen.MoveToFront((*row)[partition]);
    }
  }

  // The rounds over the tiers (ring/handoffs.h), on order_ instead of the table.
  std::vector<DeviceId> Choose(PartitionId partition) {
    marks_.assign(tiers_.marks_size(), 0);
    used_ = {};
    for (const std::vector<DeviceId>& row : data_.rows) {
      if (partition.value() < row.size()) Use(row[partition.value()]);
    }
    std::vector<DeviceId> chosen;
    chosen.reserve(order_.size());
    for (std::size_t level = 0; level < kTierLevels; ++level) {
      for (const DeviceId id : order_) {
        if (used_[level] == tiers_.Count(level)) break;
        if (marks_[tiers_.Base(level) + tiers_.Of(id, level)] != 0) continue;
        Use(id);
        chosen.push_back(id);
      }
    }
    return chosen;
  }

  void Use(DeviceId id) {
    for (std::size_t level = 0; level < kTierLevels; ++level) {
      std::uint8_t& mark = marks_[tiers_.Base(level) + tiers_.Of(id, level)];
      used_[level] += mark == 0 ? 1 : 0;
      mark = 1;
    }
  }

  const RingData& data_;
  const Tiers& tiers_;
  std::vector<DeviceId> order_;
  std::vector<std::uint8_t> marks_;
  std::array<std::uint32_t, kTierLevels> used_{};
};

}  // namespace

std::vector<std::vector<DeviceId>> HandoffSequences(const RingData& data, const Tiers& tiers,
                                                    PartitionId first, std::size_t count) {
  const std::uint64_t partitions = data.PartitionCount();
  if (first.value() >= partitions || count == 0) return {};
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, partitions - first.value()));

  const std::uint64_t stride = PartitionWalk(first, data.part_shift).stride();
  std::vector<std::vector<Request>> by_remainder(stride);
  for (std::size_t i = 0; i < count; ++i) {
    const PartitionId partition(first.value() + static_cast<std::uint32_t>(i));
    const std::uint64_t start = PartitionWalk(partition, data.part_shift).start();
    by_remainder[start % stride].push_back({start, partition});
  }

  std::vector<std::vector<DeviceId>> sequences(count);
  Sweeper sweeper(data, tiers);
  for (std::vector<Request>& requests : by_remainder) {
    if (requests.empty()) continue;
    std::sort(requests.begin(), requests.end(),
              [](const Request& a, const Request& b) { return a.start > b.start; });
    sweeper.Sweep(requests, stride, [&](PartitionId partition, std::vector<DeviceId> chosen) {
      sequences[partition.value() - first.value()] = std::move(chosen);
    });
  }
  return sequences;
}

}  // namespace dbrepl
