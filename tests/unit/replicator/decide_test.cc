#include "replicator/decide.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

std::shared_ptr<const Ring> RingOf(const std::vector<DeviceId>& primaries) {
  RingData data;
  data.part_shift = kMaxPartPower;
  for (DeviceId id = 0; id < 5; ++id) {
    Device device;
    device.id = id;
    device.device = StrCat("sd", id);
    device.weight = 1;
    data.devices.emplace_back(std::move(device));
  }
  for (const DeviceId id : primaries) data.rows.push_back({id});
  return Ring::Create(std::move(data)).value();
}

TEST(PlanPeers, VisitsThoseAfterTheLocalDeviceFirst) {
  const struct {
    std::vector<DeviceId> primaries;
    DeviceId local;
    bool in_wrong_partition;
    std::vector<DeviceId> targets;
    bool should_be_here;
  } cases[] = {
      {{2, 0, 4}, 2, false, {0, 4}, true},
      {{2, 0, 4}, 0, false, {4, 2}, true},
      {{2, 0, 4}, 4, false, {2, 0}, true},
      // A handoff asks all.
      {{2, 0, 4}, 1, false, {2, 0, 4}, false},
      // In the wrong partition it belongs nowhere on this device; the right place of this device is
      // filled by the other primaries.
      {{2, 0, 4}, 0, true, {4, 2}, false},
      {{2, 0, 4}, 1, true, {2, 0, 4}, false},
      {{2, 0}, 2, false, {0}, true},
      // One replica: there is nobody to ask (Swift asks itself) ...
      {{2}, 2, false, {}, true},
      {{2}, 3, false, {2}, false},
      // ... but from a wrong partition it has to get to the right one.
      {{2}, 2, true, {2}, false},
  };
  for (const auto& it : cases) {
    const auto ring = RingOf(it.primaries);
    const PeerPlan plan =
        PlanPeers(ring->PrimaryNodes(PartitionId(0)), it.local, it.in_wrong_partition);
    std::vector<DeviceId> targets;
    for (const Device* device : plan.targets) targets.push_back(device->id);
    EXPECT_EQ(targets, it.targets) << it.local;
    EXPECT_EQ(plan.should_be_here, it.should_be_here) << it.local;
  }
}

TEST(PlanPeers, OfNoPrimariesIsNobodyAndNotHere) {
  const PeerPlan plan = PlanPeers(NodeList(), 1, false);
  EXPECT_TRUE(plan.targets.empty());
  EXPECT_FALSE(plan.should_be_here);
}

TEST(ChooseSyncWay, FollowsPointsThenHashesThenGaps) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const struct {
    std::int64_t local_max_row;
    bool same_hash;
    std::int64_t remote_max_row;
    std::int64_t point;
    std::int64_t outgoing;
    SyncWay way;
  } cases[] = {
      // It has all our rows: by its own word or by what we remember, whatever the hash.
      {100, false, 5, 100, -1, SyncWay::kNoChange},
      {100, false, 5, -1, 100, SyncWay::kNoChange},
      {100, false, 5, 101, -1, SyncWay::kNoChange},
      {-1, false, -1, -1, -1, SyncWay::kNoChange},
      {-1, true, 50, -1, -1, SyncWay::kNoChange},
      {100, true, 5, 99, 98, SyncWay::kHashMatch},
      {100, true, 5, -1, -1, SyncWay::kHashMatch},
      // Less than half our rows, and more than per_diff (10) of them missing.
      {100, false, 49, -1, -1, SyncWay::kRemoteMerge},
      {100, false, 50, -1, -1, SyncWay::kDiff},
      {101, false, 50, -1, -1, SyncWay::kRemoteMerge},
      {101, false, 51, -1, -1, SyncWay::kDiff},
      {20, false, 9, -1, -1, SyncWay::kRemoteMerge},
      {20, false, 10, -1, -1, SyncWay::kDiff},
      {11, false, 1, -1, -1, SyncWay::kDiff},
      {11, false, 0, -1, -1, SyncWay::kRemoteMerge},
      {10, false, -1, -1, -1, SyncWay::kRemoteMerge},
      {9, false, -1, -1, -1, SyncWay::kDiff},
      // A point that is near does not keep a far peer from getting the file.
      {100, false, 3, 99, -1, SyncWay::kRemoteMerge},
      {100, false, 3, -1, 99, SyncWay::kRemoteMerge},
      // Rows came and went: Swift divides by zero.
      {0, false, -1, -1, -1, SyncWay::kDiff},
      {0, false, 7, -1, -1, SyncWay::kDiff},
      {kHuge, false, 0, -1, -1, SyncWay::kRemoteMerge},
      {5, false, kHuge, -1, -1, SyncWay::kDiff},
  };
  for (const auto& it : cases) {
    ReplicationInfo local;
    local.hash = "aa";
    local.max_row = it.local_max_row;
    const ReplicaState remote = {it.same_hash ? "aa" : "bb", it.remote_max_row, it.point};
    EXPECT_EQ(ChooseSyncWay(local, remote, it.outgoing, 10), it.way)
        << it.local_max_row << " " << it.remote_max_row << " " << it.point << " " << it.outgoing;
  }
}

TEST(FirstRowToSend, IsTheLaterOfBothMemories) {
  EXPECT_EQ(FirstRowToSend({"", 9, 3}, 5), 5);
  EXPECT_EQ(FirstRowToSend({"", 9, 5}, 3), 5);
  EXPECT_EQ(FirstRowToSend({"", 9, -1}, -1), -1);
}

TEST(RemoteMergeTimeout, GrowsWithRowsOnBothSidesAboveNodeTimeout) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const struct {
    std::int64_t local;
    std::int64_t remote;
    milliseconds timeout;
  } cases[] = {
      {-1, -1, seconds(10)},
      {0, 0, seconds(10)},
      {19'000, 1'000, seconds(10)},
      {30'000, 10'000, seconds(20)},
      {500'000, 100'000, seconds(300)},
      {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max(),
       std::chrono::hours(6)},
  };
  for (const auto& it : cases)
    EXPECT_EQ(RemoteMergeTimeout(it.local, it.remote, seconds(10)), it.timeout) << it.local;
  EXPECT_EQ(RemoteMergeTimeout(0, 0, std::chrono::hours(7)), std::chrono::hours(7));
}

TEST(DecideRemoval, NeedsSuccessesForExactlyTheseRows) {
  using Responses = std::vector<bool>;
  const struct {
    std::int64_t before;
    std::int64_t now;
    Responses responses;
    int handoff_delete;
    Removal removal;
  } cases[] = {
      {5, 5, {true, true, true}, 0, Removal::kRemove},
      {5, 5, {true, false, true}, 0, Removal::kKeepPeersMissing},
      {5, 5, {true}, 0, Removal::kRemove},
      {5, 6, {true, true, true}, 0, Removal::kKeepRowsArrived},
      {5, 4, {true, true, true}, 0, Removal::kKeepRowsVanished},
      {-1, -1, {true, true}, 0, Removal::kRemove},
      // Nobody was asked.
      {5, 5, {}, 0, Removal::kKeepPeersMissing},
      {5, 5, {}, 2, Removal::kKeepPeersMissing},
      {5, 5, {true, false, true}, 2, Removal::kRemove},
      {5, 5, {true, false, false}, 2, Removal::kKeepPeersMissing},
      {5, 6, {true, false, true}, 2, Removal::kKeepRowsArrived},
      {5, 5, {false, false, true}, 1, Removal::kRemove},
      {5, 5, {false, false, false}, 1, Removal::kKeepPeersMissing},
      // More than there are: all of them.
      {5, 5, {true, true}, 3, Removal::kRemove},
      {5, 5, {true, false}, 3, Removal::kKeepPeersMissing},
      {5, 5, {true, true}, -1, Removal::kRemove},
  };
  for (const auto& it : cases) {
    EXPECT_EQ(DecideRemoval(it.before, it.now, it.responses, it.handoff_delete), it.removal)
        << it.now << " " << it.responses.size() << " " << it.handoff_delete;
  }
}

}  // namespace
}  // namespace dbrepl
