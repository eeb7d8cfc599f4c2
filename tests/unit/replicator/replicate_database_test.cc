#include "replicator/replicate_database.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/connection.h"
#include "common/strings.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {
namespace {

using Requests = std::vector<std::string>;

class VisitTest : public testing::TestWithParam<DbKind> {
 protected:
  // A replica on each primary with the same rows; local is the first of them.
  void MakeEqualReplicas(int rows) {
    cluster_.Create(cluster_.Path(local_));
    if (rows > 0) cluster_.AddRows(cluster_.Path(local_), "old", rows);
    cluster_.Visit(local_);
    for (const DeviceId node : primaries_) cluster_.Visit(node);
    cluster_.requests.clear();
    cluster_.log.clear();
  }
  void ExpectAllEqual() {
    const std::string contents = cluster_.Contents(local_);
    EXPECT_NE(contents, "none");
    for (const DeviceId node : primaries_) EXPECT_EQ(cluster_.Contents(node), contents) << node;
  }
  // Counts that a visit leaves at 0 need not be named.
  static PassStats Stats(PassStats stats) {
    stats.attempted = 1;
    return stats;
  }
  std::string Sd(std::size_t primary) const { return StrCat("sd", primaries_[primary]); }
  std::string Ip(std::size_t primary) const { return StrCat("10.0.0.", primaries_[primary]); }

  Cluster cluster_{{.kind = GetParam()}};
  const std::vector<DeviceId> primaries_ = cluster_.Primaries();
  const DeviceId local_ = primaries_[0];
};

INSTANTIATE_TEST_SUITE_P(Kinds, VisitTest, testing::Values(DbKind::kAccount, DbKind::kContainer),
                         [](const auto& kind) { return std::string(DbKindName(kind.param)); });

TEST_P(VisitTest, MissingReplicasGetTheWholeFileAndAreInAgreementFromThenOn) {
  cluster_.Create(cluster_.Path(local_));
  cluster_.AddRows(cluster_.Path(local_), "o", 5);
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .rsync = 2}));
  EXPECT_EQ(cluster_.requests,
            (Requests{Sd(1) + " sync", Sd(1) + " file", Sd(1) + " complete_rsync", Sd(2) + " sync",
                      Sd(2) + " file", Sd(2) + " complete_rsync"}));
  ExpectAllEqual();
  for (const DeviceId node : primaries_)
    EXPECT_EQ(cluster_.Visit(node), Stats({.success = 2, .no_change = 2})) << node;
}

TEST(VisitRegionTest, PeersAreComparedWithTheLocalDeviceAlsoWhenItIsAHandoff) {
  Cluster cluster({.regions = 2});
  const DeviceId handoff = cluster.Handoff();
  cluster.Create(cluster.Path(handoff));
  EXPECT_EQ(cluster.Visit(handoff).rsync, 3);
  for (const DeviceId node : cluster.Primaries()) {
    const bool is_same = node % 2 == handoff % 2;
    EXPECT_THAT(cluster.requests, testing::Contains(StrCat(
                                      "sd", node, is_same ? " file" : " file to another region")));
  }
}

TEST_P(VisitTest, AReceiverOfAFileSendsBackOnlyWhatIsNewThere) {
  cluster_.Create(cluster_.Path(local_));
  cluster_.AddRows(cluster_.Path(local_), "o", 50);
  cluster_.Visit(local_);
  cluster_.AddRows(cluster_.Path(local_), "late", 2);
  cluster_.AddRows(cluster_.Path(primaries_[1]), "theirs", 3);
  std::vector<std::string> sent;
  cluster_.way.before = [&](const Device&, const HttpRequest& request) {
    if (request.body.find("merge_items") != std::string::npos) sent.push_back(request.body);
    return std::nullopt;
  };
  cluster_.requests.clear();
  EXPECT_EQ(cluster_.Visit(primaries_[1]), Stats({.success = 2, .diff = 2}));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].find("\"o1\""), std::string::npos) << "to the sender: " << sent[1];
  EXPECT_NE(sent[1].find("theirs2"), std::string::npos);
  cluster_.Visit(local_);
  ExpectAllEqual();
}

TEST_P(VisitTest, RowsGoBothWaysAndTheGreaterTimesWin) {
  MakeEqualReplicas(10);
  cluster_.AddRows(cluster_.Path(local_), "old", 4, 10);               // newer here
  cluster_.AddRows(cluster_.Path(primaries_[1]), "old", 2, 20);        // newer there
  cluster_.AddRows(cluster_.Path(primaries_[1]), "old", 1, 30, true);  // deleted there
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .diff = 2}));
  EXPECT_EQ(cluster_.requests,
            (Requests{Sd(1) + " sync", Sd(1) + " merge_items", Sd(1) + " merge_syncs",
                      Sd(2) + " sync", Sd(2) + " merge_items", Sd(2) + " merge_syncs"}));
  EXPECT_EQ(cluster_.Visit(primaries_[1]).success, 2);
  EXPECT_EQ(cluster_.Visit(primaries_[2]).success, 2);
  ExpectAllEqual();
  const bool is_account = GetParam() == DbKind::kAccount;
  EXPECT_TRUE(cluster_.Contents(local_).starts_with(
      is_account ? "old0|1700000029.00000|1700000030.00000|" : "old0|1700000030.00000|"))
      << cluster_.Contents(local_);
}

// SQLite's count of commits that changed the file.
std::uint32_t CommitsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(24);
  std::array<unsigned char, 4> bytes{};
  file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
         (std::uint32_t{bytes[2]} << 8U) | bytes[3];
}

TEST_P(VisitTest, WritesWhatItFoundOutInOneTransaction) {
  MakeEqualReplicas(10);
  cluster_.AddRows(cluster_.Path(local_), "new", 3);
  const std::uint32_t before = CommitsOf(cluster_.Path(local_));
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .diff = 2}));
  EXPECT_EQ(CommitsOf(cluster_.Path(local_)), before + 1);
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .no_change = 2}));
  EXPECT_EQ(CommitsOf(cluster_.Path(local_)), before + 1) << "nothing new";
}

TEST_P(VisitTest, AHandoffThatGoesIsNotWrittenToBefore) {
  MakeEqualReplicas(10);
  const DeviceId handoff = cluster_.Handoff();
  cluster_.Create(cluster_.Path(handoff));
  cluster_.AddRows(cluster_.Path(handoff), "new", 2);
  const std::string kept = cluster_.DeviceDir(handoff) + "/kept";
  std::filesystem::create_hard_link(cluster_.Path(handoff), kept);
  const std::uint32_t before = CommitsOf(kept);
  const PassStats stats = cluster_.Visit(handoff);
  EXPECT_EQ(stats.success, 3);
  EXPECT_EQ(stats.diff, 3) << "each would be written down";
  EXPECT_EQ(stats.remove, 1);
  constexpr std::uint32_t kWithoutMark = 0xFFFFFF;  // the first byte shows that it was replaced
  EXPECT_EQ(CommitsOf(kept) & kWithoutMark, before);
}

// What one peer told is not lost because the next one cannot be asked.
TEST_P(VisitTest, RemembersWhatAPeerHasAlsoWhenTheNextOneIsAway) {
  MakeEqualReplicas(10);
  cluster_.AddRows(cluster_.Path(local_), "new", 3);
  cluster_.way.before = [&](const Device& node,
                            const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    if (node.id != primaries_[2]) return std::nullopt;
    return Result<HttpResponse>(Fail(Errc::kUnreachable, "away"));
  };
  EXPECT_EQ(cluster_.Visit(local_).diff, 1);
  const auto info = cluster_.Broker(cluster_.Path(primaries_[1]))->GetReplicationInfo();
  const auto local = cluster_.Broker(cluster_.Path(local_));
  EXPECT_EQ(local->GetSync(info->id, SyncDirection::kOutgoing).value(), local->GetMaxRow().value());
}

// A file that took its place meanwhile has other rows under the same ROWIDs.
TEST_P(VisitTest, WritesNothingIntoADatabaseThatWasReplaced) {
  MakeEqualReplicas(10);
  cluster_.AddRows(cluster_.Path(local_), "new", 3);
  cluster_.way.after = [&](const Device&, const HttpRequest& request, Result<HttpResponse>&) {
    if (request.body.find("merge_syncs") == std::string::npos) return;
    EXPECT_TRUE(cluster_.Broker(cluster_.Path(local_))->NewId("somebody"));
  };
  EXPECT_EQ(cluster_.Visit(local_).success, 2);
  const auto local = cluster_.Broker(cluster_.Path(local_));
  for (std::size_t peer = 1; peer < primaries_.size(); ++peer) {
    const auto info = cluster_.Broker(cluster_.Path(primaries_[peer]))->GetReplicationInfo();
    EXPECT_LT(local->GetSync(info->id, SyncDirection::kOutgoing).value(),
              local->GetMaxRow().value());
  }
}

TEST_P(VisitTest, WhatCannotBeWrittenDownCountsAsFailureAndIsFoundOutAgain) {
  MakeEqualReplicas(10);
  cluster_.AddRows(cluster_.Path(local_), "new", 3);
  const auto execute = [&](std::string_view script) {
    EXPECT_TRUE(Connection::Open(cluster_.Path(local_)).value()->Execute(script));
  };
  execute(
      "ALTER TABLE outgoing_sync RENAME TO hidden;"
      "CREATE VIEW outgoing_sync AS SELECT * FROM hidden");
  EXPECT_EQ(cluster_.Visit(local_).failure, 2);
  EXPECT_TRUE(cluster_.Logged("ERROR writing db " + cluster_.Path(local_)));
  execute("DROP VIEW outgoing_sync; ALTER TABLE hidden RENAME TO outgoing_sync");
  EXPECT_EQ(cluster_.Visit(local_).success, 2);
  ExpectAllEqual();
}

TEST_P(VisitTest, ManyRowsTakeSeveralVisitsThatEachGetFurther) {
  MakeEqualReplicas(50);
  cluster_.options(local_).per_diff = 3;
  cluster_.options(local_).max_diffs = 2;
  cluster_.AddRows(cluster_.Path(local_), "new", 20);
  PassStats capped = Stats({.diff = 2, .diff_capped = 2});
  capped.AddFailure(Ip(1), Sd(1));
  capped.AddFailure(Ip(2), Sd(2));
  for (int visit = 0; visit < 3; ++visit) EXPECT_EQ(cluster_.Visit(local_), capped) << visit;
  EXPECT_TRUE(cluster_.Logged("has fallen more than 6 rows behind"));
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .diff = 2}));
  ExpectAllEqual();
}

TEST_P(VisitTest, FarBehindGetsTheFileAndKeepsItsOwnRows) {
  MakeEqualReplicas(3);
  for (const DeviceId node : primaries_) cluster_.options(node).per_diff = 10;
  cluster_.AddRows(cluster_.Path(local_), "new", 100);
  cluster_.AddRows(cluster_.Path(primaries_[1]), "own", 2);
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .remote_merge = 2}));
  EXPECT_EQ(cluster_.requests,
            (Requests{Sd(1) + " sync", Sd(1) + " file", Sd(2) + " sync", Sd(2) + " file",
                      Sd(1) + " rsync_then_merge", Sd(2) + " rsync_then_merge",
                      Sd(2) + " merge_syncs", Sd(1) + " sync", Sd(1) + " merge_syncs"}));
  cluster_.requests.clear();
  // Only its two rows go to the others; not all of them, from the beginning.
  EXPECT_EQ(cluster_.Visit(primaries_[1]), Stats({.success = 2, .diff = 2}));
  for (const auto* sent : {" merge_items", " merge_syncs"}) {
    for (const DeviceId node : {primaries_[0], primaries_[2]})
      EXPECT_EQ(
          std::count(cluster_.requests.begin(), cluster_.requests.end(), StrCat("sd", node, sent)),
          1);
  }
  ExpectAllEqual();
  for (const DeviceId node : primaries_) EXPECT_EQ(cluster_.Visit(node).failure, 0);
  for (const DeviceId node : primaries_)
    EXPECT_EQ(cluster_.Visit(node), Stats({.success = 2, .no_change = 2})) << node;
}

TEST_P(VisitTest, MetadataAndTimestampsTravelWithoutRows) {
  MakeEqualReplicas(2);
  ASSERT_TRUE(cluster_.Broker(cluster_.Path(local_))
                  ->UpdateMetadata(
                      {{"X-Meta-A", "here", Cluster::At(5)}, {"X-Meta-B", "old", Cluster::At(1)}}));
  ASSERT_TRUE(cluster_.Broker(cluster_.Path(primaries_[1]))
                  ->UpdateMetadata({{"X-Meta-B", "there", Cluster::At(6)}}));
  ASSERT_TRUE(cluster_.Broker(cluster_.Path(local_))->UpdatePutTimestamp(Cluster::At(7)));
  EXPECT_EQ(cluster_.Visit(local_), Stats({.success = 2, .no_change = 2}));
  cluster_.Visit(local_);
  ExpectAllEqual();
  EXPECT_NE(cluster_.Contents(local_).find("there"), std::string::npos);
}

TEST_P(VisitTest, OneBadPeerCountsAsFailureAndTheOthersAreServed) {
  MakeEqualReplicas(2);
  cluster_.AddRows(cluster_.Path(local_), "new", 2);
  const struct {
    Result<HttpResponse> answer;
    const char* logged;
  } cases[] = {
      {Fail(Errc::kTimeout, "no answer in 10 s"), "error: ERROR reading HTTP response from 10.0.0"},
      {Fail(Errc::kUnreachable, "refused"), "error: ERROR reading HTTP response from 10.0.0"},
      {MakeResponse(500, "text/plain", "boom"), "error: ERROR Bad response 500 from 10.0.0"},
      {MakeResponse(503, "text/plain", "busy"), "error: ERROR Bad response 503 from 10.0.0"},
      {MakeResponse(200, "text/html", "nonsense"), "answer to sync"},
  };
  for (const auto& it : cases) {
    cluster_.log.clear();
    cluster_.way.before = [&](const Device& device,
                              const HttpRequest&) -> std::optional<Result<HttpResponse>> {
      if (device.id != primaries_[1]) return std::nullopt;
      return it.answer;
    };
    const PassStats stats = cluster_.Visit(local_);
    EXPECT_EQ(stats.success, 1) << it.logged;
    EXPECT_EQ(stats.failure, 1) << it.logged;
    EXPECT_EQ(stats.failure_nodes.at(Ip(1)).at(Sd(1)), 1);
    EXPECT_TRUE(cluster_.Logged(it.logged)) << it.logged;
    EXPECT_TRUE(cluster_.Exists(local_));
  }
  EXPECT_EQ(cluster_.Contents(primaries_[2]), cluster_.Contents(local_));
  EXPECT_NE(cluster_.Contents(primaries_[1]), cluster_.Contents(local_));
}

TEST_P(VisitTest, AFailedFileIsNotTakenIntoUse) {
  cluster_.Create(cluster_.Path(local_));
  cluster_.way.before_file = [&](const Device& node) -> Result<> {
    if (node.id == primaries_[1]) return Fail(Errc::kUnreachable, "rsync failed with 10");
    return {};
  };
  PassStats expected = Stats({.success = 1, .rsync = 2});
  expected.AddFailure(Ip(1), Sd(1));
  EXPECT_EQ(cluster_.Visit(local_), expected);
  EXPECT_FALSE(cluster_.Exists(primaries_[1]));
  EXPECT_TRUE(cluster_.Exists(primaries_[2]));
}

TEST_P(VisitTest, AHandoffTakesThePlaceOfAnUnmountedDrive) {
  MakeEqualReplicas(2);
  const auto unmounted = [&](const Device& device,
                             const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    if (device.id != primaries_[1]) return std::nullopt;
    return MakeResponse(507, "text/plain", "");
  };
  cluster_.way.before = unmounted;
  PassStats expected = Stats({.success = 2, .no_change = 1, .rsync = 1});
  expected.AddFailure(Ip(1), Sd(1));
  EXPECT_EQ(cluster_.Visit(local_), expected);
  EXPECT_TRUE(cluster_.Logged(StrCat("ERROR Remote drive not mounted ", Ip(1))));
  EXPECT_TRUE(cluster_.Exists(cluster_.Handoff()));
  // The handoff itself has no other to turn to, and must not ask itself.
  cluster_.requests.clear();
  PassStats handoffs = Stats({.success = 2, .no_change = 2});
  handoffs.AddFailure(Ip(1), Sd(1));
  EXPECT_EQ(cluster_.Visit(cluster_.Handoff()), handoffs);
  EXPECT_EQ(cluster_.requests.size(), 3U);
  EXPECT_TRUE(
      cluster_.Logged("ERROR There are not enough handoff nodes to reach replica count for "
                      "partition"));
  EXPECT_TRUE(cluster_.Exists(cluster_.Handoff()));
}

TEST_P(VisitTest, AStopEndsAfterTheRunningPeerAndRemovesNothing) {
  const DeviceId handoff = cluster_.Handoff();
  const std::string path = cluster_.Create(cluster_.Path(handoff));
  cluster_.way.after = [&](const Device&, const HttpRequest&, Result<HttpResponse>&) {
    cluster_.stop.request_stop();
  };
  EXPECT_EQ(cluster_.Visit(handoff, path), Stats({.success = 1, .rsync = 1}));
  EXPECT_TRUE(cluster_.Exists(handoff));
  EXPECT_EQ(cluster_.requests.size(), 3U);
}

TEST_P(VisitTest, AStopBetweenBatchesIsNoFailure) {
  MakeEqualReplicas(50);
  cluster_.options(local_).per_diff = 3;
  cluster_.AddRows(cluster_.Path(local_), "new", 20);
  cluster_.way.after = [&](const Device&, const HttpRequest& request, Result<HttpResponse>&) {
    if (request.body.find("merge_items") != std::string::npos) cluster_.stop.request_stop();
  };
  EXPECT_EQ(cluster_.Visit(local_), Stats({.diff = 1}));
}

TEST_P(VisitTest, AStopBetweenAFileAndItsMergeIsNeitherSuccessNorFailure) {
  MakeEqualReplicas(3);
  cluster_.options(local_).per_diff = 10;
  cluster_.AddRows(cluster_.Path(local_), "new", 100);
  cluster_.way.before = [&](const Device& device,
                            const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    if (device.id == primaries_[2]) cluster_.stop.request_stop();
    return std::nullopt;
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.success, 0);
  EXPECT_EQ(stats.failure, 0);
  cluster_.way.before = nullptr;
}

TEST_P(VisitTest, ADamagedDatabaseIsSetAsideAndCountedForItsPrimaries) {
  MakeEqualReplicas(2);
  const std::string path = cluster_.Path(local_);
  PassStats expected = Stats({});
  for (std::size_t i = 0; i < 3; ++i) expected.AddFailure(Ip(i), Sd(i));
  std::filesystem::resize_file(path, 5000);
  EXPECT_EQ(cluster_.Visit(local_), expected);
  EXPECT_FALSE(cluster_.Exists(local_));
  EXPECT_TRUE(cluster_.Logged("error: ERROR reading db "));
  // Without tables: recognised by its words, as in Swift.
  cluster_.log.clear();
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << "";
  ASSERT_TRUE(Connection::Open(path).value()->Execute("CREATE TABLE other (a)"));
  EXPECT_EQ(cluster_.Visit(local_), expected);
  EXPECT_TRUE(cluster_.Logged(StrCat("error: Quarantining DB ", path)));
  EXPECT_FALSE(cluster_.Exists(local_));
  const auto quarantined = std::filesystem::directory_iterator(
      StrCat(cluster_.DeviceDir(local_), "/quarantined/", DbKindFolder(GetParam())));
  EXPECT_EQ(std::distance(begin(quarantined), end(quarantined)), 2);
  cluster_.Visit(primaries_[1]);
  ExpectAllEqual();
}

TEST_P(VisitTest, OneThatVanishedIsNobodysFailure) {
  EXPECT_EQ(cluster_.Visit(local_), Stats({}));
  EXPECT_TRUE(cluster_.requests.empty());
}

TEST_P(VisitTest, WithAWrongHashSuffixNothingIsSentOrRemoved) {
  const DeviceId handoff = cluster_.Handoff();
  cluster_.Create(cluster_.Path(handoff));
  cluster_.options(handoff).hash_path.suffix = "typo";
  PassStats expected = Stats({});
  for (std::size_t i = 0; i < 3; ++i) expected.AddFailure(Ip(i), Sd(i));
  EXPECT_EQ(cluster_.Visit(handoff), expected);
  EXPECT_TRUE(cluster_.requests.empty());
  EXPECT_TRUE(cluster_.Exists(handoff));
  EXPECT_TRUE(cluster_.Logged("error: ERROR reading db "));
  EXPECT_TRUE(cluster_.Logged("it holds /a")) << "the log names it";
}

}  // namespace
}  // namespace dbrepl
