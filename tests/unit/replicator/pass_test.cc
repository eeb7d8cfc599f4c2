#include "replicator/pass.h"

#include <atomic>
#include <fstream>
#include <latch>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>

#include "tests/unit/replicator/pass_fixture.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

std::vector<std::string> Info(const CapturedLog& log) {
  std::vector<std::string> lines;
  for (const std::string& line : log.lines())
    if (line[0] != 'D') lines.push_back(line);
  return lines;
}

TEST_F(PassTest, SaysWhatSwiftSaysAboutAnEmptyNode) {
  const PassReport report = Run(Options());
  EXPECT_EQ(report.stats, PassStats());
  EXPECT_FALSE(report.was_stopped);
  EXPECT_THAT(
      Info(log_),
      ElementsAre(
          "I Beginning replication run", "I Replication run OVER",
          MatchesRegex("I Attempted to replicate 0 dbs in 0\\.[0-9]{5} seconds \\(0\\.00000/s\\)"),
          "I Removed 0 dbs", "I 0 successes, 0 failures",
          "I diff:0 diff_capped:0 empty:0 hashmatch:0 no_change:0 remote_merge:0 rsync:0 "
          "ts_repl:0"));
}

TEST_F(PassTest, BringsWhatPeersLackAndReportsIt) {
  for (int i = 0; i < 10; ++i) Create(0, StrCat("c", i));
  const PassReport report = Run(Options());
  EXPECT_EQ(Count(1), 10);
  EXPECT_EQ(Count(2), 10);
  EXPECT_EQ(Count(3), 0);
  EXPECT_EQ(report.stats.attempted, 10);
  EXPECT_EQ(report.stats.success, 20);
  EXPECT_EQ(report.stats.rsync, 20);
  const JsonValue recon = Recon();
  EXPECT_EQ(*recon.Find("replication_stats")->Find("attempted"), JsonValue(10));
  EXPECT_EQ(*recon.Find("replication_stats")->Find("start"), JsonValue(report.start_seconds));
  EXPECT_EQ(*recon.Find("replication_time"), JsonValue(report.elapsed_seconds));
  EXPECT_GE(*recon.Find("replication_last")->AsDouble(), report.start_seconds);
  EXPECT_EQ(recon.AsObject()->size(), 3U);
  EXPECT_EQ(recon.Find("replication_stats")->Find("failure_nodes"), nullptr);
  EXPECT_EQ(log_.Count("20 successes, 0 failures"), 1);
  const PassReport again = Run(Options());
  EXPECT_EQ(again.stats.success, 20);
  EXPECT_EQ(again.stats.rsync, 0);
}

TEST_F(PassTest, AHandoffIsSentHomeAndRemoved) {
  Create(3, "c");
  const PassReport report = Run(Options(3));
  EXPECT_TRUE(Has(0, "c") && Has(1, "c") && Has(2, "c") && !Has(3, "c"));
  EXPECT_EQ(report.stats.remove, 1);
  EXPECT_THAT(std::filesystem::directory_iterator(DevicePath(3) + "/containers"),
              std::filesystem::directory_iterator());
  EXPECT_EQ(log_.Count("I Removed 1 dbs"), 1);
}

TEST_F(PassTest, AnExceptionIsCountedAndTheOthersGoOn) {
  for (int i = 0; i < 5; ++i) Create(0, StrCat("c", i));
  const std::string bad = ToHex(HashPath(kHashPath, "a", "c3").value());
  on_ask_ = [&](const Device& node, const HttpRequest& request, milliseconds) {
    if (request.head.target.find(bad) != std::string::npos) throw std::runtime_error("odd");
    return Ask(node, request);
  };
  const PassReport report = Run(Options());
  EXPECT_EQ(report.stats.attempted, 5);
  EXPECT_EQ(report.stats.success, 8);
  EXPECT_GE(report.stats.failure, 2);
  EXPECT_EQ(Count(1), 4);
  EXPECT_GE(log_.Count("odd"), 1);
  EXPECT_NE(Recon().Find("replication_stats")->Find("failure_nodes"), nullptr);
}

TEST_F(PassTest, AStopFinishesRunningVisitsAndReports) {
  for (int i = 0; i < 30; ++i) Create(0, StrCat("c", i));
  on_ask_ = [&](const Device& node, const HttpRequest& request, milliseconds) {
    stop_.request_stop();
    return Ask(node, request);
  };
  const PassReport report = Run(Options());
  EXPECT_TRUE(report.was_stopped);
  EXPECT_GE(report.stats.attempted, 1);
  EXPECT_LE(report.stats.attempted, 4);
  EXPECT_EQ(*Recon().Find("replication_stats")->Find("attempted"),
            JsonValue(report.stats.attempted));
  EXPECT_EQ(log_.Count("N Stopped early. Replication run: "), 1);
  EXPECT_EQ(log_.Count("Replication run OVER"), 1);
}

TEST_F(PassTest, AStopDoesNotWaitForTheRate) {
  Create(0, "c0");
  Create(0, "c1");
  PassOptions options = Options();
  options.databases_per_second = 0.0001;
  on_ask_ = [&](const Device& node, const HttpRequest& request, milliseconds) {
    stop_.request_stop();
    return Ask(node, request);
  };
  EXPECT_EQ(Run(options).stats.attempted, 1);
}

TEST_F(PassTest, VisitsRunAsManyAtATimeAsToldToOnePeer) {
  constexpr int kVisits = 16;
  for (int i = 0; i < kVisits; ++i) Create(0, StrCat("c", i));
  PassOptions options = Options();
  options.concurrency = kVisits;
  // Nobody is answered before all have asked: anything locked during a call would end here.
  std::latch all_here(kVisits);
  std::atomic<int> asked = 0;
  on_ask_ = [&](const Device& node, const HttpRequest& request, milliseconds) {
    if (++asked <= kVisits) all_here.arrive_and_wait();
    return Ask(node, request);
  };
  EXPECT_EQ(Run(options).stats.attempted, kVisits);
}

TEST_F(PassTest, ARingThatTurnsBadIsKept) {
  Create(0, "c0");
  Create(0, "c1");
  PassOptions options = Options();
  options.concurrency = 1;
  on_ask_ = [&](const Device& node, const HttpRequest& request, milliseconds) {
    std::ofstream(ring_path_) << "garbage";
    return Ask(node, request);
  };
  EXPECT_EQ(Run(options).stats.success, 4);
}

TEST_F(PassTest, HandoffsOnlyLeavesPrimariesAloneAndWarns) {
  Create(0, "c");
  Create(3, "c");
  PassOptions options = Options(0);
  options.handoffs_only = true;
  EXPECT_EQ(Run(options).stats.attempted, 0);
  EXPECT_EQ(log_.Count("W Starting replication pass with handoffs_only and/or handoffs_delete "
                       "enabled. These modes are not intended for normal operation; use these "
                       "options with care."),
            1);
  EXPECT_EQ(log_.Count("W Finished replication pass with handoffs_only and/or handoffs_delete "
                       "enabled. If these are no longer required, disable them."),
            1);
  options = Options(3);
  options.handoffs_only = true;
  EXPECT_EQ(Run(options).stats.attempted, 1);
  EXPECT_FALSE(Has(3, "c"));
}

TEST_F(PassTest, OnlyThePartitionsOfTheCommandLine) {
  std::int64_t expected = 0;
  for (int i = 0; i < 10; ++i) {
    Create(0, StrCat("c", i));
    if (Partition(StrCat("c", i)) == Partition("c0")) ++expected;
  }
  PassOptions options = Options();
  options.only_partitions = {Partition("c0"), 4'000'000};
  EXPECT_EQ(Run(options).stats.attempted, expected);
}

TEST_F(PassTest, AMissingDeviceIsAFailureOfEveryDevice) {
  std::filesystem::remove_all(DevicePath(0));
  const PassReport report = Run(Options());
  EXPECT_EQ(report.stats.failure, 4);
  EXPECT_EQ(DumpJson(*Recon().Find("replication_stats")->Find("failure_nodes")),
            R"({"127.0.0.1": {"sd0": 1}, "127.0.0.2": {"sd1": 1}, "127.0.0.3": {"sd2": 1}, )"
            R"("127.0.0.4": {"sd3": 1}})");
}

TEST_F(PassTest, OldFilesGoFromTmpAndFromTheDatabasesFolder) {
  Create(0, "c");
  const std::string tmp = DevicePath(0) + "/tmp";
  std::filesystem::create_directories(tmp);
  const std::vector<std::string> paths = {tmp + "/arrival", DirName(Path(0, "c")) + "/tmpabc.tmp"};
  PassOptions options = Options();
  for (const bool is_dry : {true, false}) {
    for (const std::string& path : paths) std::ofstream(path) << "x";
    options.reclaim_age_seconds = -60;  // a file of now is old already
    options.dry_run = is_dry;
    Run(options);
    for (const std::string& path : paths) EXPECT_EQ(std::filesystem::exists(path), is_dry) << path;
  }
}

TEST_F(PassTest, ADryRunLeavesReconAndEmptyFolders) {
  PassOptions options = Options();
  options.dry_run = true;
  std::filesystem::create_directories(DevicePath(0) + "/containers/3/abc/h");
  Run(options);
  EXPECT_THAT(*Recon().AsObject(), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(DevicePath(0) + "/containers/3/abc/h"));
}

TEST_F(PassTest, WithoutAReconFolderAllElseIsSaid) {
  PassOptions options = Options();
  options.recon_cache_path = "/nonexistent";
  Run(options);
  const auto lines = Info(log_);
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[5],
            "E Exception dumping recon cache: /nonexistent/container.recon: No such file or "
            "directory");
}

TEST_F(PassTest, QueuesOfTheReconcilerAreReplicatedAfterTheReportUncounted) {
  Create(0, "c");
  ContainerBroker broker(Path(0, "c"), BrokerOptions());
  ASSERT_TRUE(broker.MergeItemsJson(
      R"([{"ROWID": 1, "name": "o", "created_at": "1700002800.00000", "size": 1, "content_type": )"
      R"("t", "etag": "e", "deleted": 0, "storage_policy_index": 1}])",
      std::nullopt));
  EXPECT_EQ(Run(Options()).stats.attempted, 1);
  EXPECT_EQ(Count(1), 2);
  EXPECT_EQ(Count(2), 2);
  const auto lines = Info(log_);
  ASSERT_GE(lines.size(), 4U);
  EXPECT_THAT(
      std::vector<std::string>(lines.end() - 4, lines.end()),
      ElementsAre(testing::StartsWith("I diff:0"), "I Replicating 1 reconciler containers",
                  "I Cleaning up 0 reconciler containers", "I Finished reconciler replication"));
}

TEST_F(PassTest, ProgressIsKept) {
  for (int i = 0; i < 6; ++i) Create(0, StrCat("c", i));
  std::set<bool> was_running;
  on_ask_ = [&](const Device& node, const HttpRequest& request, milliseconds) {
    was_running.insert(*progress_.ToJson().Find("running")->AsBool());
    return Ask(node, request);
  };
  PassOptions options = Options();
  options.concurrency = 1;
  Run(options);
  EXPECT_EQ(was_running, std::set<bool>{true});
  EXPECT_TRUE(progress_.Describe().starts_with("Last replication run: 6 dbs"));
}

}  // namespace
}  // namespace dbrepl
