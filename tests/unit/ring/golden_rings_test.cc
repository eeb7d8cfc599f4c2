// Files and answers of Swift's newest release: every answer must be the same here.
#include <gtest/gtest.h>

#include "common/files.h"
#include "common/json.h"
#include "ring/gzip.h"
#include "ring/ring.h"
#include "ring/ring_file.h"

namespace dbrepl {
namespace {

const HashPathConfig kCluster = {"golden", "ring"};

std::string GoldenPath(const std::string& name) {
  return std::string(DBREPL_TEST_DATA) + "/golden/rings/" + name;
}

std::string Inflated(const std::string& file) {
  return GzipReader(file).ReadRest(1U << 24).value();
}

std::vector<std::int64_t> Ints(const JsonValue& list) {
  std::vector<std::int64_t> ints;
  for (const JsonValue& item : *list.AsArray()) ints.push_back(*item.AsInt());
  return ints;
}

std::vector<std::int64_t> HandoffIds(const Ring& ring, PartitionId partition) {
  std::vector<std::int64_t> ids;
  Handoffs handoffs = ring.HandoffsOf(partition);
  while (const Device* device = handoffs.Next()) ids.push_back(device->id);
  return ids;
}

class GoldenRingTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    file_ = ReadFile(GoldenPath(std::string(GetParam()) + ".ring.gz"), 1U << 20).value();
    auto ring = Ring::Load(GoldenPath(std::string(GetParam()) + ".ring.gz"));
    ASSERT_TRUE(ring) << ring.error().message;
    ring_ = *ring;
    answers_ = ParseJson(ReadFile(GoldenPath(std::string(GetParam()) + ".json"), 1U << 20).value())
                   .value();
  }

  std::string file_;
  std::shared_ptr<const Ring> ring_;
  JsonValue answers_;
};

TEST_P(GoldenRingTest, CountsAreSwifts) {
  EXPECT_EQ(static_cast<std::int64_t>(ring_->partition_count()),
            *answers_.Find("partition_count")->AsInt());
  double replicas = 0;
  ASSERT_TRUE(answers_.Find("replica_count")->ToDouble(replicas));
  EXPECT_EQ(ring_->replica_count(), replicas);
}

TEST_P(GoldenRingTest, NamesLandInSwiftsPartitions) {
  const JsonValue::Array& names = *answers_.Find("names")->AsArray();
  ASSERT_FALSE(names.empty());
  for (const JsonValue& entry : names) {
    const JsonValue::Array& pair = *entry.AsArray();
    const JsonValue::Array& path = *pair[0].AsArray();
    const std::string container = path.size() > 1 ? *path[1].AsString() : "";
    const auto partition = ring_->PartitionOf(kCluster, *path[0].AsString(), container);
    ASSERT_TRUE(partition);
    EXPECT_EQ(partition->value(), *pair[1].AsInt()) << DumpJson(entry);
  }
}

TEST_P(GoldenRingTest, PrimariesAndHandoffsAreSwifts) {
  const JsonValue::Array& partitions = *answers_.Find("partitions")->AsArray();
  ASSERT_FALSE(partitions.empty());
  for (const JsonValue& entry : partitions) {
    const auto partition =
        PartitionId(static_cast<std::uint32_t>(*entry.Find("partition")->AsInt()));
    std::vector<std::int64_t> primaries;
    for (const Device* device : ring_->PrimaryNodes(partition)) primaries.push_back(device->id);
    EXPECT_EQ(primaries, Ints(*entry.Find("primaries"))) << partition.value();
    EXPECT_EQ(HandoffIds(*ring_, partition), Ints(*entry.Find("handoffs"))) << partition.value();
  }
}

TEST_P(GoldenRingTest, WritingItAgainGivesTheSameContents) {
  const bool is_v1 = std::string_view(GetParam()).starts_with("v1");
  const auto again = SerializeRing(ring_->data(), is_v1 ? RingFormat::kV1 : RingFormat::kV2, "x");
  ASSERT_TRUE(again);
  const std::string contents = Inflated(*again);
  if (is_v1) {
    EXPECT_EQ(contents, Inflated(file_));
  } else {
    // The index and its place count compressed bytes, which another zlib may make different.
    const std::size_t index_at = contents.find("{\"swift/ring/assignments\"") - 8;
    EXPECT_EQ(contents.substr(0, index_at), Inflated(file_).substr(0, index_at));
  }
}

TEST_P(GoldenRingTest, BothFormatsHoldTheSameRing) {
  for (const RingFormat format : {RingFormat::kV1, RingFormat::kV2}) {
    RingData data = ring_->data();
    if (format == RingFormat::kV1) data.device_id_bytes = 2;
    const auto bytes = SerializeRing(data, format, "account.ring");
    ASSERT_TRUE(bytes);
    const auto back = ParseRingFile(*bytes, "memory");
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, data);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenRingTest,
                         testing::Values("v1-3rep", "v1-fractional", "v2-3rep", "v2-4byte-ids",
                                         "v2-fractional", "v2-partpower0"),
                         [](const auto& test) {
                           std::string name = test.param;
                           for (char& letter : name) letter = letter == '-' ? '_' : letter;
                           return name;
                         });

}  // namespace
}  // namespace dbrepl
