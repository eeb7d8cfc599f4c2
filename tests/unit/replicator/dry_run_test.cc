#include "replicator/dry_run/dry_run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "broker/connection.h"
#include "common/files.h"
#include "common/strings.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;

// Everything about every file below a directory but when it was read.
std::map<std::string, std::string> Snapshot(const std::string& top) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    const std::string path = entry.path().string();
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0);
    std::string text = StrCat(status.st_ino, " ", status.st_mode, " ", status.st_size, " ",
                              status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec, " ",
                              status.st_ctim.tv_sec, ".", status.st_ctim.tv_nsec);
    if (S_ISREG(status.st_mode)) text += *ReadFile(path, 1 << 30);
    found[path] = text;
  }
  return found;
}

// Node 0 to 3 with three replicas; dry runs of one node and what they print.
class DryRunTest : public testing::Test {
 protected:
  // The lines without the head; paths without what is before "containers".
  std::vector<std::string> Run(DeviceId node, const std::vector<std::string>& databases) {
    std::map<std::string, std::string> before;
    for (DeviceId id = 0; id < 4; ++id) before.merge(Snapshot(cluster_.DeviceDir(id)));
    text_.clear();
    Brakes brakes(cluster_.options(node).logger);
    DryRun dry_run({cluster_.options(node),
                    [this](const Device& device, const HttpRequest& request,
                           std::chrono::milliseconds) { return Ask(device, request); },
                    brakes, stop_.get_token(), [this](const std::string& text) { text_ += text; }});
    stats_ = {};
    for (const std::string& path : databases)
      stats_ += dry_run.Visit(cluster_.ring(), {PartitionOfPath(path), path, node});
    const std::string table = text_;
    dry_run.Finish();
    std::map<std::string, std::string> after;
    for (DeviceId id = 0; id < 4; ++id) after.merge(Snapshot(cluster_.DeviceDir(id)));
    for (const auto& [path, state] : before) {
      EXPECT_TRUE(after.contains(path)) << path << " is gone";
      EXPECT_EQ(after[path] == state, true) << path << " was changed";
    }
    EXPECT_EQ(after.size(), before.size()) << "files were made";
    return Lines(table);
  }
  std::vector<std::string> Run(DeviceId node = 0) { return Run(node, {cluster_.Path(node)}); }

  Result<HttpResponse> Ask(const Device& device, const HttpRequest& request) {
    if (unreachable_.contains(device.id)) return Fail(Errc::kUnreachable, "connection refused");
    if (unmounted_.contains(device.id)) {
      HttpResponse response;
      response.head.status = 507;
      return response;
    }
    ++asked_;
    return cluster_.Handle(device.id, request);
  }

  static PartitionId PartitionOfPath(const std::string& path) {
    const std::string rest = path.substr(path.rfind("containers/") + 11);
    return PartitionId(*ParseInt<std::uint32_t>(rest.substr(0, rest.find('/'))));
  }
  // "<action> <rows> <bytes or '+'> <peer and remark>", for any number of bytes that is not 0.
  static std::vector<std::string> Lines(const std::string& table) {
    std::vector<std::string> lines;
    for (const std::string_view line : Split(table, '\n')) {
      if (line.empty() || line.starts_with("what ")) continue;
      const std::string action(StripBlanks(line.substr(0, 18)));
      const std::string rows(StripBlanks(line.substr(18, 12)));
      const std::string bytes(StripBlanks(line.substr(30, 16)));
      const std::string_view what = line.substr(48);
      lines.push_back(StrCat(action, " ", rows, " ", bytes == "-" || bytes == "0" ? bytes : "+",
                             what.substr(what.find(".db") + 3)));
    }
    return lines;
  }
  void CreateOn(const std::vector<DeviceId>& nodes) {
    for (const DeviceId node : nodes) cluster_.Create(cluster_.Path(node));
  }

  using Expected = std::vector<std::string>;
  Cluster cluster_;
  const std::vector<DeviceId> primaries_ = cluster_.Primaries();
  const DeviceId first_ = primaries_[0];
  const DeviceId handoff_ = cluster_.Handoff();
  std::set<DeviceId> unreachable_;
  std::set<DeviceId> unmounted_;
  std::stop_source stop_;
  std::string text_;
  PassStats stats_;
  int asked_ = 0;

  std::string Peer(std::size_t index) const {
    return PeerName(*cluster_.ring().FindDevice(primaries_[index]));
  }
};

TEST_F(DryRunTest, EqualReplicasAreNotMentioned) {
  CreateOn(primaries_);
  for (const DeviceId node : primaries_) cluster_.AddRows(cluster_.Path(node), "o", 3);
  EXPECT_EQ(Run(first_), Expected{});
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(stats_.hashmatch, 2);
  EXPECT_EQ(stats_.success, 2);
  EXPECT_NE(text_.find("1 databases looked at, 2 replicas of them in agreement. Nothing was "
                       "changed."),
            std::string::npos)
      << text_;
}

TEST_F(DryRunTest, RowsFilesAndMergesAreForetold) {
  cluster_.options(first_).per_diff = 10;
  CreateOn({primaries_[0], primaries_[1]});
  cluster_.AddRows(cluster_.Path(primaries_[0]), "o", 30);
  cluster_.AddRows(cluster_.Path(primaries_[1]), "o", 3);
  EXPECT_EQ(Run(first_), (Expected{StrCat("merge file 30 + -> ", Peer(1), ": it has 3"),
                                   StrCat("send file 30 + -> ", Peer(2), ": it has none")}));
  EXPECT_EQ(stats_.remote_merge, 1);
  EXPECT_EQ(stats_.rsync, 1);
  cluster_.AddRows(cluster_.Path(primaries_[1]), "p", 20);
  EXPECT_EQ(Run(first_)[0], StrCat("send rows 30 - -> ", Peer(1)));
  cluster_.options(first_).max_diffs = 2;
  EXPECT_EQ(Run(first_)[0],
            StrCat("send rows 20 - -> ", Peer(1), ": in all 30, in several passes"));
  EXPECT_EQ(stats_.diff_capped, 1);
  EXPECT_EQ(stats_.failure, 1);
}

TEST_F(DryRunTest, WhatItForetellsIsWhatAVisitDoes) {
  cluster_.options(first_).per_diff = 10;
  CreateOn({primaries_[0], primaries_[1]});
  cluster_.AddRows(cluster_.Path(primaries_[0]), "o", 30);
  cluster_.AddRows(cluster_.Path(primaries_[1]), "p", 20);
  Run(first_);
  PassStats foretold = stats_;
  EXPECT_EQ(cluster_.Visit(first_), foretold);
  EXPECT_EQ(Run(first_), Expected{}) << "afterwards there is nothing to do";
  foretold = stats_;
  EXPECT_EQ(cluster_.Visit(first_), foretold);
  EXPECT_EQ(foretold.no_change, 2);
}

TEST_F(DryRunTest, NewerStateIsForetoldBothWays) {
  CreateOn(primaries_);
  const auto set = [&](std::size_t index, const std::string& name, int seconds) {
    auto broker = cluster_.Container(cluster_.Path(primaries_[index]));
    ASSERT_TRUE(broker.UpdateMetadata({{name, "v", Cluster::At(seconds)}}));
  };
  set(0, "X-Container-Meta-A", 10);
  set(0, "X-Container-Meta-B", 10);
  set(1, "X-Container-Meta-A", 20);
  ASSERT_TRUE(cluster_.Container(cluster_.Path(primaries_[2])).DeleteDb(Cluster::At(30)));
  EXPECT_EQ(Run(first_), (Expected{StrCat("send state - - -> ", Peer(1), ": 1 metadata items"),
                                   StrCat("take over - - <- ", Peer(1), ": 1 metadata items"),
                                   StrCat("send state - - -> ", Peer(2), ": 2 metadata items"),
                                   StrCat("take over - - <- ", Peer(2), ": delete_timestamp")}));
}

TEST_F(DryRunTest, PolicyConflictsAreForetold) {
  CreateOn({primaries_[0], primaries_[1]});
  cluster_.Create(cluster_.Path(primaries_[2]));
  ASSERT_TRUE(
      cluster_.Container(cluster_.Path(primaries_[1])).SetStoragePolicyIndex(2, Cluster::At(50)));
  EXPECT_EQ(Run(first_), Expected{}) << "the peer would not be told our policy";
  cluster_.options(first_).has_several_policies = true;
  EXPECT_EQ(Run(first_),
            Expected{StrCat("send state - - -> ", Peer(1), ": policy 0 instead of 2")});
  EXPECT_EQ(Run(primaries_[1]),
            (Expected{StrCat("take over - - <- ", Peer(2), ": policy 0 instead of 2"),
                      StrCat("take over - - <- ", Peer(0), ": policy 0 instead of 2")}));
}

TEST_F(DryRunTest, AHandoffGoesWhenAllPrimariesWouldHaveIt) {
  CreateOn({handoff_, primaries_[0], primaries_[1]});
  const Expected sent = {StrCat("send file 0 + -> ", Peer(2), ": it has none"),
                         "remove - +: does not belong here; 3 of 3 primaries will have it"};
  EXPECT_EQ(Run(handoff_), sent);
  EXPECT_EQ(stats_.remove, 1);
  unreachable_ = {primaries_[1]};
  const Expected lines = Run(handoff_);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with(StrCat("fail - - -> ", Peer(1), ": reading HTTP response")));
  EXPECT_EQ(lines[2], "keep - -: does not belong here; only 2 of 3 primaries would have it");
  EXPECT_EQ(stats_.failure, 1);
  cluster_.options(handoff_).handoff_delete = 2;
  EXPECT_EQ(Run(handoff_).back(),
            "remove - +: does not belong here; 2 of 3 primaries will have it");
}

TEST_F(DryRunTest, AnUnmountedPeerBringsInAHandoff) {
  CreateOn(primaries_);
  unmounted_ = {primaries_[1]};
  const Expected lines = Run(first_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with(StrCat("fail - - -> ", Peer(1), ": Bad response 507")));
  EXPECT_EQ(lines[1], StrCat("send file 0 + -> ", PeerName(*cluster_.ring().FindDevice(handoff_)),
                             ": it has none"));
}

TEST_F(DryRunTest, AWrongPartitionIsSentAway) {
  const PartitionId right = cluster_.PartitionOf({});
  const std::string path =
      cluster_.Create(cluster_.Path(first_, {}, PartitionId((right.value() + 1) % 4)));
  EXPECT_EQ(Run(first_, {path}),
            (Expected{StrCat("send file 0 + -> ", Peer(1), ": it has none"),
                      StrCat("send file 0 + -> ", Peer(2), ": it has none"),
                      "remove - +: does not belong here; 2 of 2 primaries will have it"}));
}

TEST_F(DryRunTest, AForeignHashIsLeftAlone) {
  CreateOn({first_});
  cluster_.options(first_).hash_path.suffix = "other";
  const Expected lines = Run(first_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("fail - -: it holds /a/c, whose hash is ")) << lines[0];
  EXPECT_EQ(asked_, 0);
}

TEST_F(DryRunTest, DeletedDatabasesGoOnceTheirAccountKnows) {
  CreateOn({first_});
  auto broker = cluster_.Container(cluster_.Path(first_));
  ASSERT_TRUE(broker.DeleteDb(Cluster::At(1)));
  broker.CloseConnection();
  cluster_.options(first_).reclaim_age_seconds = 10;
  cluster_.clock().Advance(std::chrono::hours(1));
  EXPECT_EQ(Run(first_), Expected{"keep - -: deleted long ago, but its account has not heard of "
                                  "it yet"});
  {
    const auto connection = Connection::Open(cluster_.Path(first_), {});
    ASSERT_TRUE((*connection)
                    ->Execute("UPDATE container_info SET reported_put_timestamp = put_timestamp, "
                              "reported_delete_timestamp = delete_timestamp"));
  }
  EXPECT_EQ(Run(first_), Expected{"remove - +: deleted for longer than reclaim_age"});
  EXPECT_EQ(asked_, 0);
}

TEST_F(DryRunTest, ADamagedDatabaseWouldBeQuarantined) {
  CreateOn({first_});
  std::ofstream(cluster_.Path(first_), std::ios::trunc) << std::string(4096, 'x');
  const Expected lines = Run(first_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("quarantine - +: ")) << lines[0];
  EXPECT_EQ(stats_.failure, 3);
}

TEST_F(DryRunTest, MisplacedRowsAreCounted) {
  CreateOn(primaries_);
  cluster_.options(first_).per_diff = 2;
  for (const DeviceId node : primaries_) {
    auto broker = cluster_.Container(cluster_.Path(node));
    std::vector<ObjectItem> rows(5);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].row.name = StrCat("o", i);
      rows[i].row.created_at = Cluster::At(1);
      rows[i].row.storage_policy_index = i < 2 ? 0 : 1;
    }
    ASSERT_TRUE(broker.MergeItems(rows));
  }
  EXPECT_EQ(Run(first_), Expected{"queue 3 - -> the reconciler"});
}

TEST_F(DryRunTest, PendingRecordsAreMentioned) {
  CreateOn(primaries_);
  ObjectItem item;
  item.row.name = "pending";
  item.row.created_at = Cluster::At(1);
  ASSERT_TRUE(cluster_.Container(cluster_.Path(first_)).PutObject(item));
  EXPECT_EQ(Run(first_), Expected{});
  EXPECT_NE(text_.find("1 databases have pending records"), std::string::npos) << text_;
}

TEST_F(DryRunTest, AVanishedDatabaseIsNothing) {
  EXPECT_EQ(Run(first_), Expected{});
  EXPECT_EQ(stats_.failure, 0);
}

TEST_F(DryRunTest, TheTableHasAHeadAndSums) {
  CreateOn({first_});
  cluster_.AddRows(cluster_.Path(first_), "o", 7);
  Run(first_);
  const auto lines = Split(text_, '\n');
  EXPECT_EQ(lines[0], "what                      rows           bytes  database");
  EXPECT_EQ(lines[1].substr(0, 30), "send file                    7");
  EXPECT_EQ(lines[3], "");
  EXPECT_EQ(lines[4], "in all                    rows           bytes  times");
  EXPECT_EQ(lines[5].substr(0, 30), "send file                   14");
  EXPECT_EQ(lines[5].substr(lines[5].size() - 3), "  2");
  EXPECT_TRUE(
      cluster_.Logged("Dry run: 1 databases, 0 replicas in agreement; send file: 2, 14 "
                      "rows, "));
}

TEST_F(DryRunTest, AStopEndsTheVisitQuietly) {
  CreateOn(primaries_);
  Brakes brakes(cluster_.options(first_).logger);
  DryRun dry_run(
      {cluster_.options(first_),
       [](const Device&, const HttpRequest&, std::chrono::milliseconds) -> Result<HttpResponse> {
         return Fail(Errc::kCancelled, "a stop was requested");
       },
       brakes, stop_.get_token(), [this](const std::string& text) { text_ += text; }});
  EXPECT_EQ(
      dry_run.Visit(cluster_.ring(), {cluster_.PartitionOf({}), cluster_.Path(first_), first_})
          .failure,
      0);
  EXPECT_EQ(text_, "");
}

}  // namespace
}  // namespace dbrepl
