#include "replicator/peer_round.h"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

// Five devices; partition 0 lies on the first three, the others have partition 1.
std::shared_ptr<const Ring> MakeRing() {
  RingData data;
  data.part_shift = kMaxPartPower - 1;
  for (DeviceId id = 0; id < 5; ++id) {
    Device device;
    device.id = id;
    device.zone = static_cast<int>(id);
    device.replication_ip = StrCat("10.0.0.", id);
    device.device = "sda";
    device.weight = 1;
    data.devices.emplace_back(std::move(device));
  }
  data.rows = {{0, 3}, {1, 4}, {2, 3}};
  return Ring::Create(std::move(data)).value();
}

class PeerRoundTest : public testing::Test {
 protected:
  PeerRound Round(DeviceId local) {
    const NodeList primaries = ring_->PrimaryNodes(PartitionId(0));
    return {*ring_, PartitionId(0), local, PlanPeers(primaries, local, false)};
  }
  PassStats Counts(const PeerRound& round) {
    PassStats stats;
    round.CountInto(stats);
    return stats;
  }

  const std::shared_ptr<const Ring> ring_ = MakeRing();
};

TEST_F(PeerRoundTest, AsksThePlansTargetsAndCountsThem) {
  PeerRound round = Round(0);
  EXPECT_EQ(round.Next()->id, 1);
  EXPECT_TRUE(round.Note(PeerOutcome::kSynced));
  EXPECT_EQ(round.Next()->id, 2);
  EXPECT_TRUE(round.Note(PeerOutcome::kFailed));
  EXPECT_EQ(round.Next(), nullptr);
  EXPECT_EQ(round.responses(), (std::vector{true, false}));
  EXPECT_EQ(round.primaries(), (std::vector{true, false}));
  EXPECT_EQ(Counts(round),
            (PassStats{.success = 1, .failure = 1, .failure_nodes = {{"10.0.0.2", {{"sda", 1}}}}}));
  round.FailAll();
  EXPECT_EQ(Counts(round).success, 0);
  EXPECT_EQ(Counts(round).failure, 2);
}

TEST_F(PeerRoundTest, HandoffsStandInForUnmountedDrivesButNeverTheLocalOne) {
  PeerRound round = Round(4);
  std::set<DeviceId> asked;
  std::vector<bool> found;
  while (const Device* node = round.Next()) {
    EXPECT_TRUE(asked.insert(node->id).second);
    found.push_back(round.Note(PeerOutcome::kNotMounted));
  }
  // The only handoff but this very node takes the first one's place; it has no drive either.
  EXPECT_EQ(asked, (std::set<DeviceId>{0, 1, 2, 3}));
  EXPECT_EQ(found, (std::vector{true, false, false, false}));
  EXPECT_EQ(round.responses().size(), 4U);
  EXPECT_EQ(round.primaries().size(), 3U);
  EXPECT_EQ(Counts(round).failure, 4);
}

TEST_F(PeerRoundTest, AFileThatWasSentIsASuccessOnlyOnceItIsMerged) {
  PeerRound round = Round(0);
  const Device* first = round.Next();
  EXPECT_TRUE(round.Note(PeerOutcome::kFileSent));
  const Device* second = round.Next();
  EXPECT_TRUE(round.Note(PeerOutcome::kFileSent));
  EXPECT_EQ(round.Next(), nullptr);
  EXPECT_EQ(round.responses(), (std::vector{false, false}));
  EXPECT_EQ(Counts(round), PassStats{});
  round.NoteMerge(*first, false);
  round.NoteMerge(*second, true);
  EXPECT_EQ(round.responses(), (std::vector{false, true}));
  EXPECT_EQ(round.primaries(), (std::vector{false, true}));
  EXPECT_EQ(Counts(round),
            (PassStats{.success = 1, .failure = 1, .failure_nodes = {{"10.0.0.1", {{"sda", 1}}}}}));
}

TEST_F(PeerRoundTest, TheMergeOfAHandoffIsNoPrimarys) {
  PeerRound round = Round(0);
  round.Next();
  EXPECT_TRUE(round.Note(PeerOutcome::kNotMounted));
  round.Next();
  round.Note(PeerOutcome::kSynced);
  const Device* handoff = round.Next();
  round.Note(PeerOutcome::kFileSent);
  round.NoteMerge(*handoff, true);
  EXPECT_EQ(round.responses(), (std::vector{false, true, true}));
  EXPECT_EQ(round.primaries(), (std::vector{false, true}));
}

TEST_F(PeerRoundTest, SuccessesOfHandoffsAreNoPrimaries) {
  PeerRound round = Round(0);
  round.Next();
  EXPECT_TRUE(round.Note(PeerOutcome::kNotMounted));
  round.Next();
  round.Note(PeerOutcome::kSynced);
  EXPECT_GE(round.Next()->id, 3);
  round.Note(PeerOutcome::kSynced);
  EXPECT_EQ(round.Next(), nullptr);
  EXPECT_EQ(round.responses(), (std::vector{false, true, true}));
  EXPECT_EQ(round.primaries(), (std::vector{false, true}));
  EXPECT_EQ(Counts(round).success, 2);
}

TEST_F(PeerRoundTest, ADatabaseThatCannotBeWorkedOnFailsItsPrimaries) {
  PassStats stats;
  CountFailureOfEach(ring_->PrimaryNodes(PartitionId(0)), stats);
  EXPECT_EQ(stats.failure, 3);
  EXPECT_EQ(stats.failure_nodes.size(), 3U);
}

}  // namespace
}  // namespace dbrepl
