#include "ring/local_device.h"

#include <gmock/gmock.h>

namespace dbrepl {
namespace {

using testing::Contains;
using testing::ElementsAre;

TEST(WhatAreMyIpsTest, ALiteralAddressIsTheAnswer) {
  EXPECT_THAT(WhatAreMyIps("10.1.2.3").value(), ElementsAre("10.1.2.3"));
  EXPECT_THAT(WhatAreMyIps("FD00::0:1").value(), ElementsAre("FD00::0:1")) << "as it was given";
}

TEST(WhatAreMyIpsTest, WildcardsAndNamesMeanEveryAddress) {
  for (const char* bind_ip : {"", "0.0.0.0", "::", "0::0", "localhost", "no-such-host.invalid"}) {
    EXPECT_THAT(WhatAreMyIps(bind_ip).value(), Contains("127.0.0.1")) << bind_ip;
  }
}

struct LocalCase {
  const char* name;
  std::vector<std::string> my_ips;
  std::optional<int> my_port;
  const char* device_ip;
  int device_port;
  bool local;
};

class IsLocalDeviceTest : public testing::TestWithParam<LocalCase> {};

TEST_P(IsLocalDeviceTest, AsSwiftDecides) {
  const LocalCase& c = GetParam();
  EXPECT_EQ(IsLocalDevice(c.my_ips, c.my_port, c.device_ip, c.device_port), c.local);
}

INSTANTIATE_TEST_SUITE_P(
    Table, IsLocalDeviceTest,
    testing::Values(LocalCase{"Same", {"10.0.0.1"}, 6201, "10.0.0.1", 6201, true},
                    LocalCase{"OtherPort", {"10.0.0.1"}, 6201, "10.0.0.1", 6202, false},
                    LocalCase{"AnyPort", {"10.0.0.1"}, std::nullopt, "10.0.0.1", 6202, true},
                    LocalCase{"OtherIp", {"10.0.0.1"}, 6201, "10.0.0.2", 6201, false},
                    LocalCase{"OneOfMany", {"a", "10.0.0.1"}, 6201, "10.0.0.1", 6201, true},
                    LocalCase{"LongIpv6", {"fd00::1"}, 6201, "FD00:0:0:0:0:0:0:1", 6201, true},
                    LocalCase{"OursIsLong", {"fd00:0::1"}, 6201, "fd00::1", 6201, false},
                    LocalCase{"HostName", {"127.0.0.1"}, 6201, "localhost", 6201, true},
                    LocalCase{"UnknownHost", {"127.0.0.1"}, 1, "no-such-host.invalid", 1, false},
                    LocalCase{"NoHostName", {"sd_a"}, 6201, "sd_a", 6201, true},
                    LocalCase{"Empty", {""}, 6201, "", 6201, true},
                    LocalCase{"NoIps", {}, 6201, "10.0.0.1", 6201, false}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace dbrepl
