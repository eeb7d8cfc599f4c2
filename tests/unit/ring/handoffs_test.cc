#include "ring/handoffs.h"

#include <gmock/gmock.h>

#include "ring/handoff_sequences.h"
#include "ring/ring.h"
#include "tests/unit/ring/ring_samples.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> Walked(std::uint32_t partition, int part_shift) {
  std::vector<std::uint64_t> visited;
  for (PartitionWalk walk(PartitionId(partition), part_shift); !walk.Done(); walk.Advance()) {
    visited.push_back(walk.Current());
  }
  return visited;
}

std::vector<DeviceId> HandoffIds(const Ring& ring, PartitionId partition) {
  std::vector<DeviceId> ids;
  Handoffs handoffs = ring.HandoffsOf(partition);
  while (const Device* device = handoffs.Next()) ids.push_back(device->id);
  EXPECT_EQ(handoffs.Next(), nullptr);
  return ids;
}

// md5("0") begins with cf, md5("1") with c4, md5("5") with e4.
TEST(PartitionWalkTest, GoesRoundFromItsStart) {
  EXPECT_THAT(Walked(0, 32), ElementsAre(0));
  EXPECT_THAT(Walked(0, 31), ElementsAre(1)) << "the way round leaves out partition 0";
  EXPECT_THAT(Walked(0, 29), ElementsAre(6, 7, 1, 2, 3, 4, 5));
  EXPECT_THAT(Walked(5, 29), ElementsAre(7, 1, 2, 3, 4, 5, 6));
}

TEST(PartitionWalkTest, VisitsBigRingsInStrides) {
  for (const std::uint32_t partition : {0U, 1U, 77777U}) {
    const std::vector<std::uint64_t> visited = Walked(partition, 32 - 18);
    const std::uint64_t start = visited.front();
    // A start that is a multiple of the stride leaves out partition 0.
    EXPECT_EQ(visited.size(), start % 4 == 0 && start != 0 ? 65535U : 65536U);
    for (std::size_t i = 1; i < visited.size(); ++i) {
      ASSERT_EQ(visited[i] % 4, start % 4);
      ASSERT_TRUE(visited[i] == visited[i - 1] + 4 || visited[i] < 8);
    }
  }
}

TEST(HandoffsTest, EveryDeviceIsNamedOnceAndNoneTwice) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const auto ring = Ring::Create(RandomRing(seed)).value();
    const PartitionId partition(seed % static_cast<std::uint32_t>(ring->partition_count()));
    std::vector<DeviceId> ids = HandoffIds(*ring, partition);
    for (const Device* device : ring->PrimaryNodes(partition)) ids.push_back(device->id);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end()) << seed;
  }
}

TEST(HandoffsTest, FartherTiersComeFirst) {
  RingData data;
  data.part_shift = 29;
  data.devices = {SampleDevice(0, 1, 1, "a"), SampleDevice(1, 1, 1, "a"),
                  SampleDevice(2, 1, 1, "b"), SampleDevice(3, 1, 2, "c"),
                  SampleDevice(4, 2, 1, "d")};
  data.rows = {{0, 0, 1, 0, 2, 0, 3, 4}};
  const auto ring = Ring::Create(data).value();
  // From partition 6: 3, 4, (0), 1, 0, 2: a new region, a new zone, a new address, the rest.
  EXPECT_THAT(HandoffIds(*ring, PartitionId(0)), ElementsAre(4, 3, 2, 1));
}

TEST(HandoffsTest, DevicesWithoutPartitionsAreNotWaitedFor) {
  RingData data = SampleRing();
  data.devices.emplace_back(SampleDevice(4, 9, 9, "x"));
  const auto ring = Ring::Create(data).value();
  EXPECT_EQ(HandoffIds(*ring, PartitionId(2)), std::vector<DeviceId>{2});
}

TEST(HandoffSequencesTest, EqualTheLazySearch) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const auto ring = Ring::Create(RandomRing(seed)).value();
    const auto sequences =
        HandoffSequences(ring->data(), ring->tiers(), PartitionId(0), ring->partition_count());
    ASSERT_EQ(sequences.size(), ring->partition_count());
    for (std::uint32_t i = 0; i < sequences.size(); ++i) {
      ASSERT_EQ(sequences[i], HandoffIds(*ring, PartitionId(i))) << "seed " << seed << ", " << i;
    }
  }
}

TEST(HandoffSequencesTest, EqualTheLazySearchInStridesAndBlocks) {
  RingData data = RandomRing(4);
  data.part_shift = 32 - 18;
  const std::vector<DeviceId> pattern = data.rows[0];
  data.rows.assign(2, std::vector<DeviceId>(data.PartitionCount()));
  for (std::size_t i = 0; i < data.rows[0].size(); ++i) {
    data.rows[0][i] = pattern[i % pattern.size()];
    data.rows[1][i] = pattern[i * 7 / 3 % pattern.size()];
  }
  const auto ring = Ring::Create(data).value();
  const PartitionId first(262100);
  const auto sequences = HandoffSequences(ring->data(), ring->tiers(), first, 1000);
  ASSERT_EQ(sequences.size(), 44U) << "the ring ends before the block";
  for (std::uint32_t i = 0; i < sequences.size(); ++i) {
    ASSERT_EQ(sequences[i], HandoffIds(*ring, PartitionId(first.value() + i))) << i;
  }
  EXPECT_TRUE(HandoffSequences(ring->data(), ring->tiers(), PartitionId(262144), 1).empty());
}

}  // namespace
}  // namespace dbrepl
