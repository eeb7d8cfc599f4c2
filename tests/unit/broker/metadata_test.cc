#include "broker/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using testing::HasSubstr;

Metadata Parse(std::string_view json) { return ParseMetadata(json).value(); }

TEST(MetadataTest, ReadsAndWritesAsPython) {
  const std::string json =
      R"({"X-Account-Meta-Caf\u00e9": ["\u00fc\u0000", "1700000001.00000"], "a": ["", "2"]})";
  EXPECT_EQ(DumpMetadata(Parse(json)), json);
  EXPECT_EQ(DumpMetadata(Parse("")), "{}");
}

TEST(MetadataTest, RefusesWhatIsNoMetadata) {
  for (const char* bad : {"{", "[]", "7", R"({"a": "b"})", R"({"a": ["b"]})", R"({"a": ["b", 1]})",
                          R"({"a": ["b", "1", "2"]})"}) {
    const auto parsed = ParseMetadata(bad);
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_EQ(parsed.error().code, Errc::kBadInput);
    EXPECT_THAT(parsed.error().message, HasSubstr("metadata"));
  }
}

TEST(MetadataTest, TheGreaterTimestampWinsAndTiesKeep) {
  Metadata metadata = Parse(R"({"a": ["old", "5"], "b": ["old", "5"], "c": ["old", "5"]})");
  EXPECT_FALSE(MergeMetadata(metadata, Parse(R"({"a": ["new", "4"], "b": ["new", "5"]})")));
  EXPECT_TRUE(MergeMetadata(metadata, Parse(R"({"a": ["new", "51"], "d": ["new", ""]})")));
  EXPECT_EQ(DumpMetadata(metadata),
            R"({"a": ["new", "51"], "b": ["old", "5"], "c": ["old", "5"], "d": ["new", ""]})");
  EXPECT_EQ(FindMetadata(metadata, "A"), nullptr);
  EXPECT_EQ(FindMetadata(metadata, "d")->value, "new");
  EXPECT_FALSE(MergeMetadata(metadata, {}));
}

TEST(MetadataTest, OldDeletionsAreReclaimed) {
  Metadata metadata = Parse(
      R"({"a": ["", "1700000001.00000"], "b": ["v", "0000000001.00000"], "c": ["", "1700000002.00000"]})");
  EXPECT_FALSE(ReclaimMetadata(metadata, 1'700'000'001).value());
  EXPECT_TRUE(ReclaimMetadata(metadata, 1'700'000'002).value());
  EXPECT_EQ(metadata.size(), 2U);
  Metadata broken = Parse(R"({"a": ["", "yesterday"]})");
  EXPECT_EQ(ReclaimMetadata(broken, 1'700'000'000).error().code, Errc::kBadInput);
}

TEST(MetadataTest, LimitsCountUserItemsWithValues) {
  const auto problem = [](const Metadata& metadata, MetadataLimits limits) {
    const auto checked = CheckMetadataLimits(metadata, limits);
    return checked ? std::string() : checked.error().message;
  };
  const Metadata two = {{"X-Account-Meta-A", "\xC3\xBC", "1"},
                        {"x-container-meta-bb", "x", "1"},
                        {"X-Account-Meta-C", "", "1"},
                        {"X-Container-Sysmeta-D", "xxxxxxxx", "1"}};
  EXPECT_EQ(problem(two, {.max_count = 2, .max_overall_size = 5}), "");
  EXPECT_EQ(problem(two, {.max_count = 1, .max_overall_size = 5}),
            "Too many metadata items; max 1");
  EXPECT_EQ(problem(two, {.max_count = 2, .max_overall_size = 4}),
            "Total metadata too large; max 4");
  EXPECT_EQ(problem({{"a", "\xff", "1"}}, {}), "Metadata must be valid UTF-8");
}

}  // namespace
}  // namespace dbrepl
