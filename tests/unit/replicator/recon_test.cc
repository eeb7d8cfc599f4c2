#include "replicator/recon/recon.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

class ReconTest : public testing::Test {
 protected:
  ReconTest() {
    options_.devices = dir_.Sub("devices");
    options_.recon_cache_path = dir_.Sub("cache");
    options_.proc = dir_.Sub("proc");
    options_.swift_conf = dir_.Sub("swift.conf");
    options_.rings = {dir_.Sub("account.ring.gz"), dir_.Sub("missing.ring.gz")};
    options_.version = "v";
    options_.clock = &clock_;
    for (const char* folder : {"devices", "cache", "proc/net"})
      std::filesystem::create_directories(dir_.Sub(folder));
  }

  void Write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(dir_.Sub(name)).parent_path());
    std::ofstream(dir_.Sub(name)) << text;
  }
  HttpResponse Ask(std::string_view check) { return Recon(options_).Answer(check); }
  // The body of an answer that must be 200.
  std::string Body(std::string_view check) {
    const HttpResponse response = Ask(check);
    EXPECT_EQ(response.head.status, 200) << response.body;
    return response.body;
  }

  TempDir dir_;
  FakeClock clock_;
  ReconOptions options_;
};

TEST_F(ReconTest, HandlesWhatLiesBelowItsPrefix) {
  for (const char* target : {"/recon/", "/recon/mem", "/recon/mem?x", "/%72econ/a"})
    EXPECT_TRUE(Recon::Handles(target)) << target;
  for (const char* target : {"/recon", "/reconx/a", "/a/recon/", "*", "", "/?/recon/"})
    EXPECT_FALSE(Recon::Handles(target)) << target;
}

TEST_F(ReconTest, UnknownChecksAreNotFound) {
  for (const char* target : {"/recon/", "/recon/x", "/recon/replication/x", "/recon/updater"}) {
    const HttpResponse response = Ask(target);
    EXPECT_EQ(response.head.status, 404);
    EXPECT_EQ(response.body, std::string("Invalid path: ") + target);
  }
  EXPECT_EQ(Ask("/recon/a%20%C3%A9?q").body, "Invalid path: /recon/a%20%C3%A9");
}

TEST_F(ReconTest, CacheGivesItsKeysAndNullForOthers) {
  Write("cache/container.recon",
        R"({"sharding_time": 1.5, "sharding_stats": {"b": 1, "a": []}, "other": 1})");
  EXPECT_EQ(
      Body("/recon/sharding"),
      R"({"sharding_stats": {"b": 1, "a": []}, "sharding_time": 1.5, "sharding_last": null})");
  EXPECT_EQ(Body("/recon/updater/container"), R"({"container_updater_sweep": null})");
}

TEST_F(ReconTest, ProgressOfARunningPassIsAQuestionOfItsOwn) {
  Write("cache/container.recon", R"({"replication_progress": {"done": 5}, "replication_time": 2})");
  EXPECT_EQ(Body("/recon/replication_progress/container"),
            R"({"replication_progress": {"done": 5}})");
  EXPECT_EQ(Body("/recon/replication/container"),
            R"({"replication_time": 2, "replication_stats": null, "replication_last": null})");
}

TEST_F(ReconTest, CacheThatCannotBeReadGivesNulls) {
  const std::string nulls = R"({"drive_audit_errors": null})";
  EXPECT_EQ(Body("/recon/driveaudit"), nulls);
  for (const char* text : {"", "no json", "[1]", "null", "{\"drive_audit_errors\": 1"}) {
    Write("cache/drive.recon", text);
    EXPECT_EQ(Body("/recon/driveaudit"), nulls) << text;
  }
}

TEST_F(ReconTest, ReadsTheSystem) {
  Write("proc/meminfo", "MemTotal:       16 kB\nHugePages:  0\n");
  Write("proc/loadavg", "0.25 1.00 12.50 3/456 7890\n");
  Write("proc/mounts", "/dev/sda1 / ext4 rw 0 1\nnone /a\\040b tmpfs rw 0 0\n");
  EXPECT_EQ(Body("/recon/mem"), R"({"MemTotal": "16 kB", "HugePages": "0"})");
  EXPECT_EQ(Body("/recon/load"),
            R"({"1m": 0.25, "5m": 1.0, "15m": 12.5, "tasks": "3/456", "processes": 7890})");
  EXPECT_EQ(Body("/recon/mounted"), R"([{"device": "/dev/sda1", "path": "/"}, )"
                                    R"({"device": "none", "path": "/a\\040b"}])");
}

TEST_F(ReconTest, ReadsSocketsOfMachinesWithAndWithoutIpv6) {
  Write("proc/net/sockstat",
        "sockets: used 1\nTCP: inuse 5 orphan 1 tw 2 alloc 9 mem 3\nUDP: inuse 1 mem 0\n");
  EXPECT_EQ(Body("/recon/sockstat"), R"({"tcp_in_use": 5, "orphan": 1, "time_wait": 2, )"
                                     R"("tcp_mem_allocated_bytes": 12288})");
  Write("proc/net/sockstat6", "TCP6: inuse 4\n");
  EXPECT_THAT(Body("/recon/sockstat"), HasSubstr(R"("tcp6_in_use": 4)"));
  std::filesystem::remove_all(dir_.Sub("proc/net"));
  EXPECT_EQ(Body("/recon/sockstat"), "{}");
}

TEST_F(ReconTest, SystemFilesInAnotherFormAreErrors) {
  Write("proc/meminfo", "no colon\n");
  Write("proc/loadavg", "1 2\n");
  Write("proc/mounts", "one\n");
  Write("proc/net/sockstat", "TCP: inuse x\n");
  for (const char* target : {"/recon/mem", "/recon/load", "/recon/mounted", "/recon/sockstat"}) {
    const HttpResponse response = Ask(target);
    EXPECT_EQ(response.head.status, 500) << target;
    EXPECT_THAT(response.body, HasSubstr(dir_.Sub("proc"))) << target;
  }
  std::filesystem::remove_all(dir_.Sub("proc"));
  EXPECT_EQ(Ask("/recon/mem").head.status, 500);
}

TEST_F(ReconTest, CountsQuarantinedFolders) {
  for (const char* folder :
       {"sd1/quarantined/containers/a", "sd1/quarantined/containers/b",
        "sd2/quarantined/accounts/a", "sd1/quarantined/objects/a", "sd1/quarantined/objects-1/a",
        "sd2/quarantined/objects-1/b", "sd2/quarantined/strange/a", "sd3"})
    std::filesystem::create_directories(dir_.Sub("devices/") + folder);
  Write("devices/sd1/quarantined/a-file", "");
  const std::string body = Body("/recon/quarantined");
  EXPECT_THAT(body, HasSubstr(R"({"objects": 3, "containers": 2, "accounts": 1, "policies": {)"));
  // In the order in which the folders are found.
  EXPECT_THAT(body, HasSubstr(R"("0": {"objects": 1})"));
  EXPECT_THAT(body, HasSubstr(R"("1": {"objects": 2})"));
}

TEST_F(ReconTest, TellsMountedDevicesFromOthers) {
  std::filesystem::create_directories(dir_.Sub("devices/sd1"));
  Write("devices/sd2/.ismount", "");
  Write("devices/a-file", "");
  EXPECT_EQ(Body("/recon/unmounted"), R"([{"device": "sd1", "mounted": false}])");
  const std::string usage = Body("/recon/diskusage");
  EXPECT_THAT(usage, HasSubstr(R"({"device": "sd1", "mounted": false, "size": "", "used": "", )"
                               R"("avail": ""})"));
  EXPECT_THAT(usage, HasSubstr(R"({"device": "sd2", "mounted": true, "size": )"));
  EXPECT_THAT(Body("/recon/devices"), HasSubstr("a-file"));
}

TEST_F(ReconTest, WithoutTheFolderOfDevices) {
  std::filesystem::remove_all(dir_.Sub("devices"));
  EXPECT_EQ(Body("/recon/devices"), "{\"" + dir_.Sub("devices") + "\": null}");
  for (const char* target : {"/recon/unmounted", "/recon/diskusage", "/recon/quarantined"})
    EXPECT_EQ(Ask(target).head.status, 500);
}

TEST_F(ReconTest, SumsFiles) {
  Write("account.ring.gz", "abc");
  EXPECT_EQ(Body("/recon/ringmd5"),
            "{\"" + dir_.Sub("account.ring.gz") + "\": \"900150983cd24fb0d6963f7d28e17f72\"}");
  EXPECT_EQ(Body("/recon/swiftconfmd5"), R"({"/etc/swift/swift.conf": null})");
  Write("swift.conf", "abc");
  EXPECT_EQ(Body("/recon/swiftconfmd5"),
            R"({"/etc/swift/swift.conf": "900150983cd24fb0d6963f7d28e17f72"})");
}

TEST_F(ReconTest, TellsTimeAndVersion) {
  clock_.Advance(std::chrono::milliseconds(500));
  EXPECT_EQ(Body("/recon/time"), "1700000000.5");
  EXPECT_EQ(Body("/recon/version"), R"({"version": "v"})");
}

}  // namespace
}  // namespace dbrepl
