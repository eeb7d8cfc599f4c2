#include "ring/device.h"

#include <gtest/gtest.h>

#include "tests/unit/ring/ring_samples.h"

namespace dbrepl {
namespace {

Result<Device> Parse(std::string_view text) { return DeviceFromJson(ParseJson(text).value()); }

TEST(DeviceTest, OldRingsLackRegionAndReplicationAddress) {
  const auto device = Parse(R"({"id": 3, "zone": 2, "ip": "10.0.0.1", "port": 6201,
                                "device": "sda", "weight": 50, "meta": "rack 1"})");
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ(device->region, 1);
  EXPECT_EQ(device->replication_ip, "10.0.0.1");
  EXPECT_EQ(device->replication_port, 6201);
  EXPECT_EQ(device->weight, 50.0);
}

TEST(DeviceTest, KeysItDoesNotKnowAreKept) {
  const auto device = Parse(R"({"id": 0, "zone": 1, "ip": "a", "port": 1, "device": "d",
                                "colour": "red", "slots": [1, null]})");
  ASSERT_TRUE(device);
  const JsonValue json = DeviceToJson(*device);
  EXPECT_EQ(*json.Find("colour")->AsString(), "red");
  EXPECT_EQ(json.Find("slots")->AsArray()->size(), 2U);
  EXPECT_EQ(DeviceFromJson(json).value(), *device);
}

struct BadDevice {
  const char* name;
  const char* json;
  const char* message;
};

class BadDeviceTest : public testing::TestWithParam<BadDevice> {};

TEST_P(BadDeviceTest, IsRefusedNamingTheKey) {
  const auto device = Parse(GetParam().json);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Errc::kBadInput);
  EXPECT_EQ(device.error().message.substr(0, std::string(GetParam().message).size()),
            GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadDeviceTest,
    testing::Values(
        BadDevice{"NoObject", "[]", "must be an object"},
        BadDevice{"NoId", R"({"zone": 1, "ip": "a", "port": 1, "device": "d"})", "id: missing"},
        BadDevice{"NegativeId", R"({"id": -1, "zone": 1, "ip": "a", "port": 1, "device": "d"})",
                  "id: must be"},
        BadDevice{"UnassignedId",
                  R"({"id": 4294967295, "zone": 1, "ip": "a", "port": 1, "device": "d"})",
                  "id: must be"},
        BadDevice{"ZoneIsText", R"({"id": 1, "zone": "1", "ip": "a", "port": 1, "device": "d"})",
                  "zone: must be"},
        BadDevice{"NoIp", R"({"id": 1, "zone": 1, "port": 1, "device": "d"})", "ip: missing"},
        BadDevice{"PortTooHigh", R"({"id": 1, "zone": 1, "ip": "a", "port": 65536, "device": "d"})",
                  "port: must be"},
        BadDevice{"DeviceLeadsElsewhere",
                  R"({"id": 1, "zone": 1, "ip": "a", "port": 1, "device": "../etc"})",
                  "device: not a directory name"},
        BadDevice{"DeviceIsDots", R"({"id": 1, "zone": 1, "ip": "a", "port": 1, "device": ".."})",
                  "device: not a directory name"},
        BadDevice{"NegativeWeight",
                  R"({"id": 1, "zone": 1, "ip": "a", "port": 1, "device": "d", "weight": -1})",
                  "weight: must be"},
        BadDevice{"MetaIsNumber",
                  R"({"id": 1, "zone": 1, "ip": "a", "port": 1, "device": "d", "meta": 5})",
                  "meta: must be"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace dbrepl
