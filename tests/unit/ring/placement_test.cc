#include "ring/placement.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "common/strings.h"
#include "ring/dispersion.h"
#include "ring/placement_plan.h"
#include "ring/placement_tree.h"

namespace dbrepl {
namespace {

struct Spot {
  int region;
  int zone;
  int node;
  double weight;
};

Builder MakeBuilder(int part_power, double replicas, const std::vector<Spot>& spots,
                    int hours = 1) {
  Builder builder = *CreateBuilder(part_power, replicas, hours);
  int number = 0;
  for (const Spot& spot : spots) {
    const std::string ip = StrCat("10.", spot.region, ".", spot.zone, ".", spot.node);
    Device device;
    device.region = spot.region;
    device.zone = spot.zone;
    device.ip = device.replication_ip = ip;
    device.port = device.replication_port = 6202;
    device.device = StrCat("sd", number++);
    device.weight = spot.weight;
    EXPECT_TRUE(AddDevice(builder, device));
  }
  return builder;
}

// Four zones of two nodes with two devices each.
std::vector<Spot> Even() {
  std::vector<Spot> spots;
  for (int zone = 0; zone < 4; ++zone) {
    for (int node = 0; node < 4; ++node) spots.push_back({1, zone, node / 2, 100});
  }
  return spots;
}

constexpr double kNow = 1'700'000'000;

RebalanceReport MustRebalance(Builder& builder, std::uint64_t seed = 1, double now = kNow) {
  SeededRandom random(seed);
  const auto report = Rebalance(builder, now, random);
  EXPECT_TRUE(report) << report.error().message;
  EXPECT_TRUE(ValidateBuilder(builder));
  return *report;
}

// How many replicas of each partition changed their device.
std::vector<int> MovesByPartition(const Builder& before, const Builder& after) {
  std::vector<int> moves(after.PartitionCount(), 0);
  for (std::size_t row = 0; row < std::min(before.rows.size(), after.rows.size()); ++row) {
    for (std::size_t p = 0; p < std::min(before.rows[row].size(), after.rows[row].size()); ++p) {
      if (before.rows[row][p] != after.rows[row][p]) ++moves[p];
    }
  }
  return moves;
}

std::uint64_t Held(const Builder& builder, DeviceId id) {
  return MeasureBalance(builder).devices[id].partitions;
}

TEST(PlacementTest, EvenClusterIsPerfect) {
  Builder builder = MakeBuilder(8, 3, Even());
  EXPECT_EQ(MustRebalance(builder).reassigned, 768U);
  EXPECT_EQ(MeasureBalance(builder).worst, 0);
  EXPECT_EQ(*builder.dispersion, 0);
}

TEST(PlacementTest, TheSameSeedGivesTheSameRing) {
  Builder first = MakeBuilder(8, 3, Even());
  Builder second = first;
  Builder third = first;
  MustRebalance(first, 1);
  MustRebalance(second, 1);
  MustRebalance(third, 2);
  EXPECT_EQ(first, second);
  EXPECT_NE(first.rows, third.rows);
}

TEST(PlacementTest, WeightsAreHonoured) {
  Builder builder = MakeBuilder(8, 1, {{1, 0, 0, 100}, {1, 1, 0, 300}, {1, 2, 0, 112}});
  MustRebalance(builder);
  EXPECT_EQ(Held(builder, 0), 50U);
  EXPECT_EQ(Held(builder, 1), 150U);
  EXPECT_EQ(Held(builder, 2), 56U);
}

TEST(PlacementTest, NoReplicaMovesWithinMinPartHours) {
  Builder builder = MakeBuilder(6, 3, Even(), 24);
  MustRebalance(builder);
  const Builder before = builder;
  Device extra = *builder.devices[0];
  extra.device = "extra";
  ASSERT_TRUE(AddDevice(builder, extra));
  MustRebalance(builder, 2, kNow + 23 * 3600);
  EXPECT_EQ(builder.rows, before.rows);
  EXPECT_EQ(MinPartSecondsLeft(builder, kNow + 23 * 3600), 24 * 3600);
  EXPECT_GT(MustRebalance(builder, 3, kNow + 47 * 3600).reassigned, 0U);
}

TEST(PlacementTest, AtMostOneReplicaOfAPartitionMoves) {
  Builder builder = MakeBuilder(7, 3, {{1, 0, 0, 100}, {1, 0, 1, 100}, {1, 0, 2, 100}}, 0);
  MustRebalance(builder);
  for (int zone = 1; zone < 4; ++zone) {
    const Builder before = builder;
    Device device = *builder.devices[1];
    device.zone = zone;
    device.ip = StrCat("10.9.9.", zone);
    ASSERT_TRUE(AddDevice(builder, device));
    if (zone == 2) {
      ASSERT_TRUE(SetWeight(builder, 0, 0));
    }
    const RebalanceReport report = MustRebalance(builder, 1);
    const std::vector<int> moves = MovesByPartition(before, builder);
    EXPECT_LE(*std::max_element(moves.begin(), moves.end()), 1);
    EXPECT_EQ(static_cast<std::uint64_t>(std::accumulate(moves.begin(), moves.end(), 0)),
              report.reassigned);
    EXPECT_GT(report.reassigned, 0U);
  }
}

TEST(PlacementTest, ZeroWeightDrains) {
  Builder builder = MakeBuilder(7, 3, Even(), 0);
  MustRebalance(builder);
  ASSERT_TRUE(SetWeight(builder, 3, 0));
  MustRebalance(builder);
  EXPECT_EQ(Held(builder, 3), 0U);
}

TEST(PlacementTest, RemovedDevicesLeaveAtOnceAndTheirIdsAreUsedAgain) {
  Builder builder = MakeBuilder(7, 3, Even(), 24);
  MustRebalance(builder);
  const std::uint64_t held = Held(builder, 3);
  ASSERT_TRUE(RemoveDevice(builder, 3));
  ASSERT_TRUE(RemoveDevice(builder, 6));
  const RebalanceReport report = MustRebalance(builder);
  EXPECT_EQ(report.removed_devices, 2U);
  EXPECT_GE(report.reassigned, held);
  EXPECT_FALSE(builder.devices[3]);
  Device device = *builder.devices[0];
  device.device = "new";
  EXPECT_EQ(*AddDevice(builder, device), 3U);
}

TEST(PlacementTest, FractionalReplicasGrowAndShrink) {
  Builder builder = MakeBuilder(4, 2, Even(), 0);
  MustRebalance(builder);
  for (const double replicas : {2.25, 3.0, 2.5, 1.0}) {
    ASSERT_TRUE(SetReplicas(builder, replicas));
    MustRebalance(builder);
    std::vector<std::uint64_t> lengths;
    for (const auto& row : builder.rows) lengths.push_back(row.size());
    EXPECT_EQ(lengths, RowLengths(16, replicas));
  }
}

TEST(PlacementTest, TooFewDevicesAreRefusedAndNothingChanges) {
  Builder builder = MakeBuilder(4, 3, {{1, 0, 0, 1}, {1, 1, 0, 1}, {1, 2, 0, 1}});
  MustRebalance(builder);
  ASSERT_TRUE(RemoveDevice(builder, 1));
  const Builder before = builder;
  SeededRandom random(1);
  const auto report = Rebalance(builder, kNow, random);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kBadInput);
  EXPECT_EQ(builder, before);
}

// One small zone of four: by weight it holds fewer replicas than distance would ask for.
struct OverloadCase {
  double overload;
  double small_zone;  // replicanths
};

TEST(ReplicaPlanTest, OverloadBendsWeightsTowardsDistance) {
  const std::vector<Spot> spots = {{1, 0, 0, 100}, {1, 1, 0, 100}, {1, 2, 0, 70}};
  // Weighted 2 replicas: 0.741, 0.741, 0.519; dispersed: the same, since each zone may hold one.
  const OverloadCase cases[] = {{0, 2 * 70 / 270.0}, {0.1, 2 * 70 / 270.0}, {5, 2 * 70 / 270.0}};
  for (const OverloadCase& test : cases) {
    Builder builder = MakeBuilder(4, 2, spots);
    builder.overload = test.overload;
    const PlacementTree tree(builder.devices);
    EXPECT_NEAR(MakeReplicaPlan(builder, tree)->target[tree.NodeOf(2)], test.small_zone, 1e-9);
  }
  // Three replicas: by weight no device may hold more than one, so all hold exactly one.
  Builder builder = MakeBuilder(4, 3, spots);
  const PlacementTree tree(builder.devices);
  EXPECT_NEAR(MakeReplicaPlan(builder, tree)->target[tree.NodeOf(2)], 1, 1e-9);
}

TEST(ReplicaPlanTest, RequiredOverload) {
  // Zone 2 has a quarter of the weight and, fully dispersed, a third of the replicas.
  Builder builder = MakeBuilder(
      4, 3,
      {{1, 0, 0, 75}, {1, 0, 1, 75}, {1, 1, 0, 75}, {1, 1, 1, 75}, {1, 2, 0, 50}, {1, 2, 1, 50}});
  EXPECT_NEAR(*RequiredOverloadOf(builder), 1.0 / 3, 1e-9);
  for (const auto& [overload, target] :
       std::vector<std::pair<double, double>>{{0, 0.375}, {0.1, 0.4125}, {1, 0.5}}) {
    builder.overload = overload;
    const PlacementTree tree(builder.devices);
    EXPECT_NEAR(MakeReplicaPlan(builder, tree)->target[tree.NodeOf(5)], target, 1e-9) << overload;
  }
}

TEST(ReplicaPlanTest, PartsAddUpOnEveryLevel) {
  Builder builder =
      MakeBuilder(6, 3, {{1, 0, 0, 1}, {1, 0, 1, 3.5}, {2, 0, 0, 2}, {2, 1, 0, 7}, {2, 1, 0, 0}});
  const PlacementTree tree(builder.devices);
  const auto plan = MakeReplicaPlan(builder, tree);
  const std::vector<std::int64_t> held(tree.size(), 0);
  const auto parts = PartsByNode(tree, *plan, 64, 192, held);
  std::vector<std::int64_t> by_level(kTreeLevels + 1, 0);
  for (TreeNodeId node = 0; node < tree.size(); ++node) by_level[tree[node].level] += parts[node];
  EXPECT_EQ(by_level, std::vector<std::int64_t>(kTreeLevels + 1, 192));
  EXPECT_EQ(parts[tree.NodeOf(4)], 0);
}

TEST(BuilderTest, RefusesBadNumbers) {
  EXPECT_FALSE(CreateBuilder(-1, 3, 1));
  EXPECT_FALSE(CreateBuilder(kMaxBuilderPartPower + 1, 3, 1));
  EXPECT_FALSE(CreateBuilder(4, 0.99, 1));
  EXPECT_FALSE(CreateBuilder(4, 33, 1));
  EXPECT_FALSE(CreateBuilder(4, 3, -1));
  Builder builder = MakeBuilder(4, 1, {{1, 0, 0, 1}});
  EXPECT_FALSE(SetWeight(builder, 0, -1));
  EXPECT_FALSE(SetOverload(builder, -0.1));
  EXPECT_FALSE(SetReplicas(builder, 0));
  ASSERT_TRUE(RemoveDevice(builder, 0));
  EXPECT_FALSE(SetWeight(builder, 0, 1));
  EXPECT_FALSE(RemoveDevice(builder, 0));
}

}  // namespace
}  // namespace dbrepl
