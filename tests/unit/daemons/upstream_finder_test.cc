#include "daemons/upstream_finder.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ring/ring_file.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

TEST(ParsePeerAddressTest, TakesHostsAndPorts) {
  EXPECT_EQ(*ParsePeerAddress("10.0.0.3:6201"), (PeerAddress{"10.0.0.3", 6201}));
  EXPECT_EQ(*ParsePeerAddress("[fd00::3]:1"), (PeerAddress{"fd00::3", 1}));
  EXPECT_EQ(*ParsePeerAddress("storage3:65535"), (PeerAddress{"storage3", 65535}));
}

TEST(ParsePeerAddressTest, RefusesOthers) {
  for (const char* text : {"", "host", "host:", ":1", "host:0", "host:65536", "host:x", "fd00::3:1",
                           "[fd00::3]", "[]:1", "[host]:1", "http://h:1", "a b:1", "[fd00::3:1"}) {
    const auto address = ParsePeerAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Errc::kBadInput);
  }
}

class UpstreamFinderTest : public testing::Test {
 protected:
  // One partition; every device holds it.
  void WriteRing(const std::vector<Device>& devices) {
    RingData data;
    data.part_shift = kMaxPartPower;
    for (DeviceId id = 0; id < devices.size(); ++id) {
      data.devices.emplace_back(devices[id]);
      data.devices.back()->id = id;
      data.rows.push_back({id});
    }
    ASSERT_TRUE(WriteRingFile(Path(), data, RingFormat::kV1));
  }
  static Device MakeDevice(const std::string& name, const std::string& ip, int port,
                           int replication_port) {
    Device device;
    device.device = name;
    device.ip = ip;
    device.port = port;
    device.replication_ip = ip;
    device.replication_port = replication_port;
    return device;
  }
  std::string Path() const { return dir_.Sub("container.ring.gz"); }
  UpstreamFinder Finder(std::optional<PeerAddress> fixed = {}) const {
    return UpstreamFinder({std::move(fixed), Path(), {"127.0.0.1", 6211}, Logger()});
  }

  TempDir dir_;
};

TEST_F(UpstreamFinderTest, TheFixedOneGoesFirst) {
  UpstreamFinder finder = Finder(PeerAddress{"h", 1});
  EXPECT_EQ(*finder.Find("/sd1/1/a"), (PeerAddress{"h", 1}));
}

TEST_F(UpstreamFinderTest, FindsTheClientAddressOfTheDevice) {
  WriteRing({MakeDevice("sd2", "127.0.0.1", 6201, 6211), MakeDevice("sd3", "127.0.0.1", 6202, 6211),
             MakeDevice("sd3", "127.0.0.9", 6203, 6211),
             MakeDevice("sd4", "127.0.0.1", 6204, 6299)});
  UpstreamFinder finder = Finder();
  finder.Refresh();
  EXPECT_EQ(finder.Find("/sd3/1/a")->port, 6202);
  EXPECT_EQ(finder.Find("/sd%33?x")->port, 6202);
  EXPECT_EQ(finder.Find("/sd2")->port, 6201);
  // Another node's device, and none at all: any server of this node.
  for (const char* target : {"/sd4/1/a", "/sdX", "/", "*", ""})
    EXPECT_EQ(finder.Find(target)->port, 6201) << target;
}

TEST_F(UpstreamFinderTest, NeverFindsItself) {
  WriteRing({MakeDevice("sd1", "127.0.0.1", 6211, 6211)});
  UpstreamFinder finder = Finder();
  finder.Refresh();
  const auto found = finder.Find("/sd1/1/a");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kNotFound);
  EXPECT_THAT(found.error().message, HasSubstr("127.0.0.1:6211"));
  EXPECT_THAT(found.error().hint, HasSubstr("upstream"));
}

TEST_F(UpstreamFinderTest, ARingMayComeLater) {
  UpstreamFinder finder = Finder();
  finder.Refresh();
  EXPECT_THAT(finder.Find("/sd1").error().message, HasSubstr(Path()));
  WriteRing({MakeDevice("sd1", "127.0.0.1", 6201, 6211)});
  finder.Refresh();
  EXPECT_EQ(finder.Find("/sd1")->port, 6201);
}

}  // namespace
}  // namespace dbrepl
