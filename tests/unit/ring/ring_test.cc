#include "ring/ring.h"

#include <gmock/gmock.h>

#include "ring/partition_of.h"
#include "tests/unit/ring/ring_samples.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;

std::vector<DeviceId> PrimaryIds(const Ring& ring, std::uint32_t partition) {
  std::vector<DeviceId> ids;
  for (const Device* device : ring.PrimaryNodes(PartitionId(partition))) ids.push_back(device->id);
  return ids;
}

TEST(RingTest, PartitionIsTheHashsFirstBits) {
  const Md5Digest hash = {0xFE, 0xDC, 0xBA, 0x98, 0x76};
  EXPECT_EQ(PartitionOfHash(hash, 32).value(), 0U);
  EXPECT_EQ(PartitionOfHash(hash, 31).value(), 1U);
  EXPECT_EQ(PartitionOfHash(hash, 16).value(), 0xFEDCU);
  EXPECT_EQ(PartitionOfHash(hash, 0).value(), 0xFEDCBA98U);
}

TEST(RingTest, PartitionOfNamesUsesPrefixAndSuffix) {
  const auto ring = Ring::Create(SampleRing()).value();
  // hash_path("a", "c") with pre and suf is 0d25..., that of ("a") is ab34...
  const HashPathConfig cluster = {"pre", "suf"};
  EXPECT_EQ(ring->PartitionOf(cluster, "a", "c")->value(), 0U);
  EXPECT_EQ(ring->PartitionOf(cluster, "a")->value(), 2U);
  EXPECT_FALSE(ring->PartitionOf(cluster, "a", "", "o"));
}

TEST(RingTest, PrimariesFollowTheRows) {
  const auto ring = Ring::Create(SampleRing()).value();
  EXPECT_EQ(ring->replica_count(), 2.5);
  EXPECT_THAT(PrimaryIds(*ring, 0), ElementsAre(0, 2, 3));
  EXPECT_THAT(PrimaryIds(*ring, 1), ElementsAre(2, 3, 0));
  EXPECT_THAT(PrimaryIds(*ring, 2), ElementsAre(3, 0)) << "beyond the short row";
  EXPECT_THAT(PrimaryIds(*ring, 4), ElementsAre()) << "beyond the ring";
}

TEST(RingTest, ADeviceWithTwoReplicasOfAPartitionIsNamedOnce) {
  RingData data = SampleRing();
  data.rows = {{0, 2, 3, 0}, {0, 2, 0, 2}, {3, 2, 0, 0}};
  const auto ring = Ring::Create(data).value();
  EXPECT_THAT(PrimaryIds(*ring, 0), ElementsAre(0, 3));
  EXPECT_THAT(PrimaryIds(*ring, 1), ElementsAre(2));
  EXPECT_THAT(PrimaryIds(*ring, 3), ElementsAre(0, 2));
}

TEST(RingTest, DevicesAreFoundById) {
  const auto ring = Ring::Create(SampleRing()).value();
  EXPECT_EQ(ring->FindDevice(3)->ip, "fd00::3");
  EXPECT_EQ(ring->FindDevice(1), nullptr);
  EXPECT_EQ(ring->FindDevice(4), nullptr);
}

struct BadRing {
  const char* name;
  void (*damage)(RingData&);
  const char* message;
};

class BadRingTest : public testing::TestWithParam<BadRing> {};

TEST_P(BadRingTest, IsRefusedNamingThePlace) {
  RingData data = SampleRing();
  GetParam().damage(data);
  const auto ring = Ring::Create(data);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().code, Errc::kBadInput);
  EXPECT_EQ(ring.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadRingTest,
    testing::Values(
        BadRing{"IdOutOfRange", [](RingData& data) { data.rows[1][2] = 4; },
                "assignments: row 1, partition 2: device 4 is not in the list of devices"},
        BadRing{"Unassigned", [](RingData& data) { data.rows[0][3] = 65535; },
                "assignments: row 0, partition 3: device 65535 is not in the list of devices"},
        BadRing{"Hole", [](RingData& data) { data.rows[2][1] = 1; },
                "assignments: row 2, partition 1: device 1 was removed from the list of devices"},
        BadRing{"MiddleRowShort", [](RingData& data) { data.rows[1].pop_back(); },
                "assignments: row 1: has 3 partitions of 4"},
        BadRing{"OnlyRowShort",
                [](RingData& data) {
                  data.rows = {{0, 2, 3}};
                },
                "assignments: row 0: has 3 partitions of 4"},
        BadRing{"RowTooLong", [](RingData& data) { data.rows[0].push_back(0); },
                "assignments: row 0: has 5 partitions of 4"},
        BadRing{"NoRows", [](RingData& data) { data.rows.clear(); },
                "replica_count: must be 1 or more (got 0)"},
        BadRing{"TooManyRows", [](RingData& data) { data.rows.assign(33, data.rows[0]); },
                "replica_count: must be at most 32 (got 33)"},
        BadRing{"IdAndPlaceDiffer", [](RingData& data) { data.devices[2]->id = 5; },
                "device 2: has id 5, must have 2"},
        BadRing{"PartShift", [](RingData& data) { data.part_shift = 33; },
                "part_shift: must be 0..32 (got 33)"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace dbrepl
