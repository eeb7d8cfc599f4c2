#include "replicator/local_devices.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/strings.h"
#include "tests/testlib/captured_log.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class LocalDevicesTest : public testing::Test {
 protected:
  LocalDevicesTest() {
    options_.devices = dir_.path();
    options_.mount_check = false;
    options_.bind_ip = "127.0.0.1";
    options_.bind_port = 6201;
    options_.logger = log_.logger();
    for (const std::string name : {"sda/containers", "sdb", "sdc/containers"})
      fs::create_directories(dir_.Sub(name));
  }

  static Device At(DeviceId id, const std::string& ip, int port, const std::string& name) {
    Device device;
    device.id = id;
    device.ip = device.replication_ip = ip;
    device.port = device.replication_port = port;
    device.device = name;
    return device;
  }
  // Two usable devices of ours (the second without databases), one hole, others elsewhere.
  static std::shared_ptr<const Ring> SampleRing(const std::string& third = "sdx") {
    RingData data;
    data.part_shift = 32;
    data.devices = {At(0, "127.0.0.1", 6201, "sda"),
                    At(1, "127.0.0.1", 6201, "sdb"),
                    std::nullopt,
                    At(3, "127.0.0.1", 6202, "sdc"),
                    At(4, "10.9.9.9", 6201, "sdc"),
                    At(5, "10.9.9.9", 6201, third)};
    data.rows = {{0}};
    return Ring::Create(std::move(data)).value();
  }
  LocalDevices Find(const Ring& ring) const { return FindLocalDevices(options_, ring); }

  TempDir dir_{TempDir::kInMemory};
  CapturedLog log_;
  PassOptions options_;
};

TEST_F(LocalDevicesTest, OursAreThoseAtOurAddressAndPort) {
  const auto ring = SampleRing();
  const LocalDevices found = Find(*ring);
  ASSERT_EQ(found.devices.size(), 2U);
  EXPECT_EQ(found.devices[0].id, 0U);
  EXPECT_EQ(found.devices[0].path, dir_.Sub("sda"));
  EXPECT_EQ(found.devices[0].datadir, dir_.Sub("sda/containers"));
  EXPECT_EQ(found.devices[1].path, dir_.Sub("sdb"));
  EXPECT_EQ(found.devices[1].datadir, "");
  EXPECT_EQ(found.failures, PassStats());
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LocalDevicesTest, ADeviceThatIsNotThereIsAFailureOfAll) {
  fs::remove(dir_.Sub("sdb"));
  const LocalDevices found = Find(*SampleRing());
  EXPECT_EQ(found.devices.size(), 1U);
  EXPECT_EQ(found.failures.failure, 5);
  EXPECT_EQ(found.failures.failure_nodes.at("127.0.0.1"),
            (std::map<std::string, std::int64_t>{{"sda", 1}, {"sdb", 1}, {"sdc", 1}}));
  EXPECT_EQ(found.failures.failure_nodes.at("10.9.9.9").size(), 2U);
  EXPECT_THAT(log_.lines(),
              ElementsAre(StrCat("W Skipping: ", dir_.Sub("sdb"), " is not a directory")));
}

TEST_F(LocalDevicesTest, WithMountCheckAFolderIsNotEnough) {
  options_.mount_check = true;
  std::ofstream(dir_.Sub("sdb/.ismount")) << "x";
  const LocalDevices found = Find(*SampleRing());
  ASSERT_EQ(found.devices.size(), 1U);
  EXPECT_EQ(found.devices[0].id, 1U);
  EXPECT_THAT(log_.lines(),
              ElementsAre(StrCat("W Skipping: ", dir_.Sub("sda"), " is not mounted")));
}

TEST_F(LocalDevicesTest, ANameThatIsNoneIsSkipped) {
  RingData data = SampleRing()->data();
  data.devices[1]->device = "sd b";
  const auto ring = Ring::Create(std::move(data));
  ASSERT_TRUE(ring);
  EXPECT_EQ(Find(**ring).devices.size(), 1U);
  EXPECT_THAT(log_.lines(), ElementsAre("W Skipping: sd b is not a valid drive name"));
}

TEST_F(LocalDevicesTest, OnlyTheDevicesOfTheCommandLine) {
  options_.only_devices = {"sdb", "nonesuch"};
  const LocalDevices found = Find(*SampleRing());
  ASSERT_EQ(found.devices.size(), 1U);
  EXPECT_EQ(found.devices[0].id, 1U);
  EXPECT_THAT(log_.lines(), ElementsAre("D Skipping device sda due to given arguments"));
}

TEST_F(LocalDevicesTest, NotInTheRing) {
  options_.bind_port = 9;
  const LocalDevices found = Find(*SampleRing());
  EXPECT_THAT(found.devices, IsEmpty());
  EXPECT_TRUE(found.has_addresses);
  EXPECT_EQ(found.failures, PassStats());
  EXPECT_THAT(
      log_.lines(),
      ElementsAre("E Can't find itself 127.0.0.1 with port 9 in ring file, not replicating"));
}

TEST_F(LocalDevicesTest, WithoutAddressesThereIsAnErrorAndNothingElse) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at memory";
#endif
  options_.bind_ip = "0.0.0.0";
  rlimit usual = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const auto ring = SampleRing();
  const rlimit none = {0, usual.rlim_max};  // the system is asked through a socket
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const LocalDevices found = Find(*ring);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_FALSE(found.has_addresses);
  EXPECT_THAT(found.devices, IsEmpty());
  EXPECT_THAT(log_.lines(),
              ElementsAre(testing::StartsWith("E ERROR Failed to get my own IPs? addresses")));
}

TEST_F(LocalDevicesTest, AccountsLieInTheirOwnFolder) {
  options_.kind = DbKind::kAccount;
  fs::create_directories(dir_.Sub("sdb/accounts"));
  const LocalDevices found = Find(*SampleRing());
  ASSERT_EQ(found.devices.size(), 2U);
  EXPECT_EQ(found.devices[0].datadir, "");
  EXPECT_EQ(found.devices[1].datadir, dir_.Sub("sdb/accounts"));
}

}  // namespace
}  // namespace dbrepl
