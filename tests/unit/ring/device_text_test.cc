#include "ring/device_text.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

struct AddCase {
  const char* text;
  const char* formatted;  // nullptr: refused
};

TEST(DeviceTextTest, DevicesToAdd) {
  const AddCase cases[] = {
      {"r1z2-10.0.0.1:6201/sda", "d0r1z2-10.0.0.1:6201R10.0.0.1:6201/sda_\"\""},
      {"z2-10.0.0.1:6201/sda", "d0r1z2-10.0.0.1:6201R10.0.0.1:6201/sda_\"\""},
      {"r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_rack 7",
       "d0r1z2-10.0.0.1:6201R10.1.0.1:6301/sda_\"rack 7\""},
      {"r1z2-[FD00:0::1]:6201R[::2]:1/sda_a_b", "d0r1z2-[fd00::1]:6201R[::2]:1/sda_\"a_b\""},
      {"r1z2-Node.example.com:6201/sda",
       "d0r1z2-node.example.com:6201Rnode.example.com:6201/sda_\"\""},
      {"r1z2-10.0.0.1:6201/", nullptr},
      {"r1z2-10.0.0.1:6201/..", nullptr},
      {"r1z2-10.0.0.1:6201/ sda", nullptr},
      {"r1z2-10.0.0.1:65536/sda", nullptr},
      {"r1z2-10.0.0.1/sda", nullptr},
      {"rz2-10.0.0.1:1/sda", nullptr},
      {"r1z2 10.0.0.1:1/sda", nullptr},
      {"r99999999999z2-10.0.0.1:1/sda", nullptr},
      {"", nullptr},
  };
  for (const AddCase& test : cases) {
    const auto value = ParseAddValue(test.text);
    ASSERT_EQ(value.has_value(), test.formatted != nullptr) << test.text;
    if (value) {
      EXPECT_EQ(FormatDevice(value->device), test.formatted);
      EXPECT_EQ(value->region_given, test.text[0] == 'r');
    } else {
      EXPECT_EQ(value.error().code, Errc::kBadInput);
      EXPECT_NE(value.error().message.find(test.text), std::string::npos);
    }
  }
}

Builder TwoDevices() {
  Builder builder = *CreateBuilder(4, 1, 0);
  for (const char* text :
       {"r1z1-10.0.0.1:6201R10.1.0.1:6301/sda_shiny disk", "r2z1-[fd00::1]:6202/sdb"}) {
    AddValue value = *ParseAddValue(text);
    value.device.weight = 2.5;
    EXPECT_TRUE(AddDevice(builder, value.device));
  }
  return builder;
}

TEST(DeviceTextTest, SearchesMatchEveryPart) {
  const Builder builder = TwoDevices();
  using Ids = std::vector<DeviceId>;
  const std::pair<const char*, Ids> cases[] = {
      {"d0", {0}},          {"d1", {1}},
      {"d2", {}},           {"r2", {1}},
      {"z1", {0, 1}},       {"r1z1", {0}},
      {"10.0.0.1", {0}},    {"z1-10.0.0.1", {0}},
      {"[FD00::0:1]", {1}}, {":6202", {1}},
      {"R10.1.0.1", {0}},   {"R:6202", {1}},
      {"/sda", {0}},        {"/sd", {}},
      {"_disk", {0}},       {"d0r1z1-10.0.0.1:6201R10.1.0.1:6301/sda_shiny", {0}},
      {"d0r2", {}},
  };
  for (const auto& [text, ids] : cases) {
    const auto search = ParseSearchValue(text);
    ASSERT_TRUE(search) << text;
    EXPECT_EQ(SearchDevices(builder, *search), ids) << text;
  }
  for (const char* text : {"", "x", "d", "d1x", "10.0.0.300", "[::1", "10.0.0.1:x", "d1 "}) {
    EXPECT_FALSE(ParseSearchValue(text)) << text;
  }
}

TEST(DeviceTextTest, ChangesHoldOnlyWhatWasNamed) {
  const auto change = ParseChangeValue(":6203/sdz_m");
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->ip);
  EXPECT_EQ(change->port, 6203);
  EXPECT_EQ(change->device, "sdz");
  EXPECT_EQ(change->meta, "m");
  for (const char* text : {"", "r1", "/..", "/a/b", "10.0.0"}) {
    EXPECT_FALSE(ParseChangeValue(text)) << text;
  }
}

}  // namespace
}  // namespace dbrepl
