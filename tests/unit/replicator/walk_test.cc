#include "replicator/walk.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/random.h"
#include "common/strings.h"
#include "tests/testlib/captured_log.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class WalkTest : public testing::Test {
 protected:
  // Paths are below one folder; a walk of "d" has the datadir "d".
  void Touch(const std::string& path) const {
    fs::create_directories(fs::path(dir_.Sub(path)).parent_path());
    std::ofstream(dir_.Sub(path)) << "x";
  }
  void Folder(const std::string& path) const { fs::create_directories(dir_.Sub(path)); }
  bool Exists(const std::string& path) const {
    return fs::symlink_status(dir_.Sub(path)).type() != fs::file_type::not_found;
  }

  DatadirWalk Walk(const std::vector<std::string>& datadirs,
                   DatadirWalk::PartitionFilter filter = nullptr, bool removes_empty = true) {
    std::vector<WalkRoot> roots;
    for (std::size_t i = 0; i < datadirs.size(); ++i)
      roots.push_back({dir_.Sub(datadirs[i]), static_cast<DeviceId>(i)});
    return DatadirWalk(roots, std::move(filter), random_, log_.logger(), removes_empty);
  }
  std::vector<std::string> Rest(DatadirWalk& walk) const {
    std::vector<std::string> found;
    while (const auto database = walk.Next())
      found.push_back(database->path.substr(dir_.path().size() + 1));
    return found;
  }
  std::vector<std::string> All(const std::string& datadir) {
    DatadirWalk walk = Walk({datadir});
    return Rest(walk);
  }

  TempDir dir_{TempDir::kInMemory};
  SeededRandom random_{1};
  CapturedLog log_;
};

TEST_F(WalkTest, DevicesTakeTurns) {
  for (const std::string device : {"d0", "d1"})
    for (int i = 0; i < 4; ++i) Touch(StrCat(device, "/", i, "/abc/h", i, "/h", i, ".db"));
  Touch("d2/9/abc/h/h.db");
  DatadirWalk walk = Walk({"d0", "d1", "d2"});
  std::vector<DeviceId> devices;
  while (const auto found = walk.Next()) {
    devices.push_back(found->device_id);
    EXPECT_TRUE(found->path.starts_with(
        dir_.Sub(StrCat("d", found->device_id, "/", found->partition.value(), "/abc/h"))));
  }
  EXPECT_THAT(devices, ElementsAre(0, 1, 2, 0, 1, 0, 1, 0, 1));
}

TEST_F(WalkTest, PartitionsComeInRandomOrder) {
  std::vector<std::string> sorted;
  for (int i = 10; i < 40; ++i) {
    sorted.push_back(StrCat("d/", i, "/abc/h/h.db"));
    Touch(sorted.back());
  }
  const auto first = All("d");
  const auto second = All("d");
  EXPECT_THAT(first, testing::UnorderedElementsAreArray(sorted));
  EXPECT_THAT(second, testing::UnorderedElementsAreArray(sorted));
  EXPECT_NE(first, second);
}

TEST_F(WalkTest, TakesTheFileThatSwiftTakes) {
  struct Case {
    std::vector<std::string> files;
    std::string taken;  // empty: none
  };
  const Case cases[] = {
      {{"h.db"}, "h.db"},
      {{"h.db", "h_1700000000.00000.db"}, "h.db"},
      {{"h_1700000001.00000.db", "h_1700000000.00000.db"}, "h_1700000001.00000.db"},
      {{"h_1700000000.00000_x.db", "h_.db"}, "h_1700000000.00000_x.db"},
      {{"h_1700000000.00000.db", "h_1700000001.00000.db.tmp"}, "h_1700000000.00000.db"},
      {{"other.db", "other_1700000000.00000.db"}, ""},
      {{"h.db.pending", "h.db-journal", "h", ".lock"}, ""},
      {{"H.db", "h.DB", "h.db "}, ""},
  };
  int number = 0;
  for (const Case& c : cases) {
    const std::string device = StrCat("d", ++number);
    for (const std::string& file : c.files) Touch(StrCat(device, "/1/abc/h/", file));
    if (c.taken.empty()) {
      EXPECT_THAT(All(device), IsEmpty()) << number;
    } else {
      EXPECT_THAT(All(device), ElementsAre(StrCat(device, "/1/abc/h/", c.taken))) << number;
    }
  }
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(WalkTest, IgnoresWhatIsNoPartitionOrNoDirectory) {
  Touch("d/7/abc/h/h.db");
  Touch("d/12");
  Touch("d/13/file");
  Touch("d/14/abc/file");
  for (const std::string name : {"-1", "x", "1x", "+1", " 1", "1_0", "4294967296", "tmp", "1.0"})
    Touch(StrCat("d/", name, "/abc/h/h.db"));
  EXPECT_THAT(All("d"), ElementsAre("d/7/abc/h/h.db"));
  EXPECT_THAT(log_.lines(), IsEmpty());
  EXPECT_TRUE(Exists("d/13/file") && Exists("d/14/abc/file"));
}

TEST_F(WalkTest, ZerosBeforeAPartitionBelongToItsName) {
  Touch("d/007/abc/h/h.db");
  Touch("d/00/abc/h/h.db");
  DatadirWalk walk = Walk({"d"});
  std::map<std::string, std::uint32_t> found;
  while (const auto database = walk.Next())
    found[database->path.substr(dir_.path().size())] = database->partition.value();
  EXPECT_THAT(found, ElementsAre(testing::Pair("/d/00/abc/h/h.db", 0U),
                                 testing::Pair("/d/007/abc/h/h.db", 7U)));
}

TEST_F(WalkTest, EmptyDirectoriesGoALevelAPass) {
  Folder("d/1/abc/h");
  EXPECT_THAT(All("d"), IsEmpty());
  EXPECT_TRUE(Exists("d/1/abc") && !Exists("d/1/abc/h"));
  EXPECT_THAT(All("d"), IsEmpty());
  EXPECT_TRUE(Exists("d/1") && !Exists("d/1/abc"));
  EXPECT_THAT(All("d"), IsEmpty());
  EXPECT_TRUE(Exists("d") && !Exists("d/1"));
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(WalkTest, RemovesNothingThatHoldsSomethingOrWhenNotAllowed) {
  Touch("d/1/abc/h/.lock");
  Touch("d/2/abc/h/h.db.pending");
  Folder("dry/1");
  Folder("dry/2/abc");
  Folder("dry/3/abc/h");
  All("d");
  DatadirWalk dry = Walk({"dry"}, nullptr, false);
  Rest(dry);
  EXPECT_TRUE(Exists("d/1/abc/h/.lock") && Exists("d/2/abc/h/h.db.pending"));
  EXPECT_TRUE(Exists("dry/1") && Exists("dry/2/abc") && Exists("dry/3/abc/h"));
}

TEST_F(WalkTest, RefusedPartitionsAreNotLookedInto) {
  Touch("d/1/abc/h/h.db");
  Touch("d/2/abc/h/h.db");
  Folder("d/3");
  DatadirWalk walk = Walk({"d"}, [](DeviceId device, PartitionId partition) {
    return device == 0 && partition.value() == 2;
  });
  EXPECT_THAT(Rest(walk), ElementsAre("d/2/abc/h/h.db"));
  EXPECT_TRUE(Exists("d/3"));
  EXPECT_EQ(walk.partitions(), 1U);
}

TEST_F(WalkTest, LinksAreFollowed) {
  Touch("elsewhere/abc/h/h.db");
  Folder("d");
  fs::create_directory_symlink(dir_.Sub("elsewhere"), dir_.Sub("d/5"));
  EXPECT_THAT(All("d"), ElementsAre("d/5/abc/h/h.db"));
}

TEST_F(WalkTest, AnUnreadableDirectoryCostsALineAndNoMore) {
  Touch("d/1/abc/h/h.db");
  for (const std::string path : {"d/2", "d/1/loop", "d/1/abc/loop"})
    fs::create_symlink("loop", dir_.Sub(path));
  fs::create_symlink(dir_.Sub("d/2"), dir_.Sub("d/loop"));
  fs::create_symlink("loop", dir_.Sub("unreadable"));
  fs::create_symlink("unreadable", dir_.Sub("loop"));
  DatadirWalk walk = Walk({"unreadable", "missing", "d"});
  EXPECT_THAT(Rest(walk), ElementsAre("d/1/abc/h/h.db"));
  EXPECT_THAT(
      log_.lines(),
      UnorderedElementsAre(
          testing::StartsWith(StrCat("E ERROR reading ", dir_.Sub("unreadable"), ": Too many")),
          testing::StartsWith(StrCat("E ERROR reading ", dir_.Sub("d/2"), ": Too many")),
          testing::StartsWith(StrCat("E ERROR reading ", dir_.Sub("d/1/loop"), ": Too many")),
          testing::StartsWith(StrCat("E ERROR reading ", dir_.Sub("d/1/abc/loop"), ": Too many"))));
}

TEST_F(WalkTest, ADyingDiskDoesNotFillTheLog) {
  Touch("d/100/abc/h/h.db");
  for (int i = 0; i < 50; ++i) {
    fs::create_symlink(StrCat(i), dir_.Sub(StrCat("d/", i)));
  }
  EXPECT_THAT(All("d"), ElementsAre("d/100/abc/h/h.db"));
  EXPECT_EQ(log_.lines().size(), 21U);
  EXPECT_EQ(log_.Count("not named"), 1);
}

TEST_F(WalkTest, WhatVanishesOnTheWayIsNotMissed) {
  for (int i = 0; i < 4; ++i) {
    Touch(StrCat("d/", i, "/abc/g/g.db"));
    Touch(StrCat("d/", i, "/abd/h/h.db"));
  }
  DatadirWalk walk = Walk({"d"});
  const auto first = walk.Next();
  ASSERT_TRUE(first);
  for (int i = 0; i < 4; ++i) fs::remove_all(dir_.Sub(StrCat("d/", i)));
  EXPECT_THAT(Rest(walk), IsEmpty());
  EXPECT_THAT(log_.lines(), IsEmpty());
  EXPECT_EQ(walk.partitions_done(), 4U);
}

TEST_F(WalkTest, ADeviceThatIsUnmountedOrReplacedIsLeftWithALine) {
  for (int i = 0; i < 4; ++i) {
    Touch(StrCat("d/", i, "/abc/g/g.db"));
    Touch(StrCat("e/", i, "/abc/g/g.db"));
  }
  DatadirWalk walk = Walk({"d"});
  ASSERT_TRUE(walk.Next());
  fs::rename(dir_.Sub("d"), dir_.Sub("aside"));
  fs::rename(dir_.Sub("e"), dir_.Sub("d"));
  EXPECT_THAT(Rest(walk), IsEmpty());
  EXPECT_EQ(log_.Count("was unmounted or replaced during the pass; 3 of its 4 partitions are not"),
            1);
  EXPECT_EQ(walk.partitions_done(), 4U);
}

TEST_F(WalkTest, NothingIsOpenBetweenTwoCallsSoThatDevicesCanBeUnmounted) {
  const auto open_files = [] {
    const fs::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  for (const char* hash : {"g", "h"}) Touch(StrCat("d/1/abc/", hash, "/", hash, ".db"));
  const auto before = open_files();
  DatadirWalk walk = Walk({"d"});
  while (walk.Next()) EXPECT_EQ(open_files(), before);
}

TEST_F(WalkTest, KnowsHowFarItIs) {
  for (int i = 0; i < 3; ++i) {
    Touch(StrCat("d0/", i, "/abc/h/h.db"));
    Folder(StrCat("d1/", i));
  }
  DatadirWalk walk = Walk({"d0", "d1"});
  EXPECT_EQ(walk.partitions(), 0U);
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.partitions(), 6U);
  EXPECT_EQ(walk.partitions_done(), 0U);
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.partitions_done(), 1U + 3U);
  ASSERT_TRUE(walk.Next());
  ASSERT_FALSE(walk.Next());
  EXPECT_EQ(walk.partitions_done(), 6U);
}

TEST_F(WalkTest, AStopEndsItAmongEmptyPartitions) {
  for (int i = 0; i < 10; ++i) Folder(StrCat("d/", i));
  std::stop_source source;
  source.request_stop();
  DatadirWalk walk = Walk({"d"});
  EXPECT_FALSE(walk.Next(source.get_token()));
  EXPECT_TRUE(Exists("d/0") && Exists("d/9"));
}

// Other processes remove and make directories all the time: what stays is found exactly once.
TEST_F(WalkTest, FindsEachOnceWhileOthersComeAndGo) {
  std::set<std::string> stable;
  for (int i = 0; i < 200; ++i)
    stable.insert(StrCat("d/", i % 20, "/", i % 7, "/h", i, "/h", i, ".db"));
  for (const std::string& path : stable) Touch(path);
  std::atomic<bool> done = false;
  std::jthread others([&] {
    for (int i = 0; !done; i = (i + 1) % 1000) {
      const std::string partition = dir_.Sub(StrCat("d/", i % 30));
      std::error_code ignored;
      fs::create_directories(StrCat(partition, "/", i % 9, "/new", i), ignored);
      std::ofstream(StrCat(partition, "/", i % 9, "/new", i, "/new", i, ".db")) << "x";
      fs::remove_all(StrCat(partition, "/", (i + 5) % 9, "/new", (i + 500) % 1000), ignored);
      if (i % 30 >= 20) fs::remove_all(partition, ignored);
    }
  });
  for (int pass = 0; pass < 10; ++pass) {
    DatadirWalk walk = Walk({"d"});
    std::multiset<std::string> found;
    for (const std::string& path : Rest(walk))
      if (path.find("/new") == std::string::npos) found.insert(path);
    EXPECT_EQ(found, std::multiset<std::string>(stable.begin(), stable.end()));
  }
  done = true;
  others.join();
  EXPECT_THAT(log_.lines(), IsEmpty());
}

}  // namespace
}  // namespace dbrepl
