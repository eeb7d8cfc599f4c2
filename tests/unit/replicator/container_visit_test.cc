// What only containers exchange with their peers: storage policies, shard ranges, and what is held
// back once a container shards.

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "broker/db_path.h"
#include "common/strings.h"
#include "replicator/container_peer_sync.h"
#include "replicator/shared/own_peer.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {
namespace {

class ContainerVisitTest : public testing::Test {
 protected:
  ContainerVisitTest() {
    cluster_.Create(cluster_.Path(local_));
    cluster_.AddRows(cluster_.Path(local_), "o", 4);
    cluster_.Visit(local_);
    cluster_.Visit(peer_);
    cluster_.requests.clear();
    cluster_.log.clear();
  }

  static ShardRange Range(const std::string& name, const std::string& upper, ShardState state,
                          int seconds = 0) {
    ShardRange range;
    range.name = name;
    range.timestamp = range.meta_timestamp = range.state_timestamp = Cluster::At(seconds);
    range.upper = upper;
    range.state = state;
    return range;
  }
  void Merge(DeviceId node, std::vector<ShardRange> ranges) {
    ASSERT_TRUE(cluster_.Container(cluster_.Path(node)).MergeShardRanges(std::move(ranges)));
  }
  std::vector<std::string> ShardNames(DeviceId node) {
    std::vector<std::string> names;
    const auto ranges = cluster_.Container(cluster_.Path(node)).GetAllShardRanges();
    for (const ShardRange& range : ranges.value()) names.push_back(range.name);
    return names;
  }
  // Its own range says that it shards, and there is another range.
  void BeginSharding(DeviceId node) {
    ShardRange own = Range("a/c", "", ShardState::kSharding, 1);
    own.epoch = kEpoch;
    Merge(node, {own, Range(".shards_a/c-1", "m", ShardState::kCleaved)});
  }
  // The fresh file beside or in place of the old one.
  void AddEpochFile(DeviceId node, bool keep_old) {
    const std::string path = cluster_.Path(node);
    const std::string fresh = MakeDbPath(path, kEpoch).value();
    std::filesystem::copy_file(path, fresh);
    if (!keep_old) std::filesystem::remove(path);
  }
  bool Asked(const std::string& request) const {
    return std::find(cluster_.requests.begin(), cluster_.requests.end(), request) !=
           cluster_.requests.end();
  }
  std::string Sd(DeviceId node) const { return StrCat("sd", node); }

  static constexpr char kEpoch[] = "1700000001.00000";
  Cluster cluster_{{.nodes = 3, .replicas = 2}};
  const DeviceId local_ = cluster_.Primaries()[0];
  const DeviceId peer_ = cluster_.Primaries()[1];
};

// ---- Storage policies

class PolicyTest : public ContainerVisitTest {
 protected:
  void SetPolicy(DeviceId node, int index, int changed_at, const std::string& put = "",
                 const std::string& deleted = "") {
    const auto connection = Connection::Open(cluster_.Path(node)).value();
    const auto done = connection->Execute(
        StrCat("DELETE FROM object; UPDATE container_info SET storage_policy_index = ", index,
               ", status_changed_at = '", Cluster::At(changed_at), "'",
               put.empty() ? "" : StrCat(", put_timestamp = '", put, "'"),
               deleted.empty() ? "" : StrCat(", delete_timestamp = '", deleted, "'"),
               "; INSERT OR IGNORE INTO policy_stat (storage_policy_index) VALUES (", index, ")"));
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  std::int64_t Policy(DeviceId node) {
    return cluster_.Broker(cluster_.Path(node))->GetReplicationInfo()->storage_policy_index;
  }
};

TEST_F(PolicyTest, BothSidesTakeTheBetterClaim) {
  const auto at = [](int seconds) { return Cluster::At(seconds); };
  struct Claim {
    int index;
    int changed_at;
    std::string put;
    std::string deleted;
  };
  const struct {
    const char* what = nullptr;
    Claim local;
    Claim remote;
    int index = 0;
  } cases[] = {
      {"live, changed first here", {1, 10, at(1), "0"}, {2, 20, at(2), "0"}, 1},
      {"live, changed first there", {1, 20, at(1), "0"}, {2, 10, at(2), "0"}, 2},
      {"deleted here", {1, 10, at(1), at(5)}, {2, 20, at(2), "0"}, 2},
      {"deleted there", {1, 20, at(1), "0"}, {2, 10, at(2), at(5)}, 1},
      {"recreated here", {1, 20, at(9), at(5)}, {2, 10, at(2), "0"}, 1},
      {"recreated there", {1, 10, at(2), "0"}, {2, 20, at(9), at(5)}, 2},
  };
  for (const bool several : {false, true}) {
    for (const auto& it : cases) {
      SetPolicy(local_, it.local.index, it.local.changed_at, it.local.put, it.local.deleted);
      SetPolicy(peer_, it.remote.index, it.remote.changed_at, it.remote.put, it.remote.deleted);
      cluster_.options(local_).has_several_policies = several;
      cluster_.options(peer_).has_several_policies = several;
      cluster_.Visit(local_);
      EXPECT_EQ(Policy(local_), it.index) << it.what << several;
      // Without the three arguments the receiver does not learn of our claim.
      EXPECT_EQ(Policy(peer_), several ? it.index : it.remote.index) << it.what << several;
    }
  }
}

TEST_F(PolicyTest, AnAnswerWithoutAPolicyClaimsNone) {
  SetPolicy(local_, 1, 20);
  cluster_.way.after = [](const Device&, const HttpRequest&, Result<HttpResponse>& answer) {
    JsonValue body = ParseJson(answer->body).value();
    body.Set("storage_policy_index", JsonValue());
    answer->body = DumpJson(body);
  };
  cluster_.Visit(local_);
  EXPECT_EQ(Policy(local_), 1);
}

// ---- Shard ranges

TEST_F(ContainerVisitTest, ShardRangesGoBothWays) {
  Merge(local_, {Range(".shards_a/c-1", "m", ShardState::kFound)});
  Merge(peer_, {Range(".shards_a/c-2", "", ShardState::kFound)});
  EXPECT_EQ(cluster_.Visit(local_).success, 1);
  EXPECT_EQ(cluster_.requests,
            (std::vector<std::string>{Sd(peer_) + " sync", Sd(peer_) + " get_shard_ranges",
                                      Sd(peer_) + " merge_shard_ranges"}));
  const std::vector<std::string> both = {".shards_a/c-1", ".shards_a/c-2"};
  EXPECT_EQ(ShardNames(local_), both);
  EXPECT_EQ(ShardNames(peer_), both);
}

TEST_F(ContainerVisitTest, AnOwnPeerIsToldShardRangesOnlyWhenTheyChanged) {
  Merge(local_, {Range(".shards_a/c-1", "m", ShardState::kFound)});
  cluster_.Visit(local_);
  cluster_.requests.clear();
  EXPECT_EQ(cluster_.Visit(local_).success, 1);
  EXPECT_EQ(cluster_.requests, (std::vector<std::string>{Sd(peer_) + " sync"}));
  ShardRange changed = Range(".shards_a/c-1", "m", ShardState::kFound);
  changed.UpdateMeta(7, 70, Cluster::At(9));
  Merge(local_, {changed});
  cluster_.Visit(local_);
  EXPECT_TRUE(Asked(Sd(peer_) + " merge_shard_ranges"));
  EXPECT_EQ(cluster_.Container(cluster_.Path(peer_)).GetShardRanges()->at(0).object_count, 7);
}

TEST_F(ContainerVisitTest, ASwiftPeerIsAlwaysToldShardRanges) {
  Merge(local_, {Range(".shards_a/c-1", "m", ShardState::kFound)});
  cluster_.PretendSwift(peer_);
  for (int visit = 0; visit < 3; ++visit) {
    cluster_.requests.clear();
    EXPECT_EQ(cluster_.Visit(local_).success, 1);
    EXPECT_TRUE(Asked(Sd(peer_) + " merge_shard_ranges")) << visit;
    EXPECT_EQ(Asked(Sd(peer_) + " get_shard_ranges"), visit > 0) << visit;
  }
}

TEST_F(ContainerVisitTest, APeerThatFailsToTakeShardRangesFails) {
  Merge(local_, {Range(".shards_a/c-1", "m", ShardState::kFound)});
  cluster_.way.before = [](const Device&,
                           const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!request.body.starts_with("[\"merge_shard_ranges\"")) return std::nullopt;
    return MakeResponse(500, "text/plain", "");
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.failure, 1);
  EXPECT_EQ(stats.no_change, 1) << "its rows are looked at all the same";
}

TEST_F(ContainerVisitTest, AMergedFileDoesNotMakeUpForShardRanges) {
  for (const DeviceId node : {local_, peer_}) cluster_.options(node).per_diff = 10;
  cluster_.AddRows(cluster_.Path(local_), "new", 100);
  Merge(local_, {Range(".shards_a/c-1", "m", ShardState::kFound)});
  cluster_.way.before = [](const Device&,
                           const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!request.body.starts_with("[\"merge_shard_ranges\"")) return std::nullopt;
    return MakeResponse(500, "text/plain", "");
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.remote_merge, 1);
  EXPECT_EQ(stats.failure, 1);
  EXPECT_NE(cluster_.Contents(peer_).find("new1"), std::string::npos) << "it has the rows";
}

TEST(ContainerVisitOfThree, RangesFromOnePeerGoToTheNextAndNoObjectsDo) {
  Cluster cluster({.nodes = 3, .replicas = 3});
  const std::vector<DeviceId> nodes = cluster.Primaries();
  for (const DeviceId node : nodes) cluster.Create(cluster.Path(node));
  ShardRange own;
  own.name = "a/c";
  own.timestamp = own.meta_timestamp = own.state_timestamp = Cluster::At(1);
  own.state = ShardState::kSharding;
  own.epoch = "1700000001.00000";
  ShardRange other = own;
  other.name = ".shards_a/c-1";
  other.upper = "m";
  other.epoch.reset();
  other.state = ShardState::kCleaved;
  ASSERT_TRUE(cluster.Container(cluster.Path(nodes[1])).MergeShardRanges({own, other}));
  cluster.AddRows(cluster.Path(nodes[0]), "o", 4);
  const PassStats stats = cluster.Visit(nodes[0]);
  EXPECT_EQ(stats.deferred, 2);
  EXPECT_EQ(stats.diff, 0);
  EXPECT_EQ(cluster.Container(cluster.Path(nodes[2])).GetAllShardRanges()->size(), 2U);
  EXPECT_EQ(cluster.Contents(nodes[2]).find("o0"), std::string::npos);
}

TEST_F(ContainerVisitTest, APeerThatKnowsNoShardRangesFailsWithAWarning) {
  cluster_.AddRows(cluster_.Path(local_), "new", 2);
  cluster_.PretendSwift(peer_);
  cluster_.way.after = [](const Device&, const HttpRequest& request, Result<HttpResponse>& answer) {
    if (!request.body.starts_with("[\"sync\"")) return;
    const std::size_t at = answer->body.find("\"shard_max_row\"");
    ASSERT_NE(at, std::string::npos);
    answer->body.replace(at, 15, "\"something_else\"");
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.failure, 1);
  EXPECT_EQ(stats.diff, 1);
  EXPECT_TRUE(cluster_.Logged("warning: " + cluster_.Path(local_) +
                              " is unable to replicate shard ranges to peer 10.0.1."));
  EXPECT_EQ(cluster_.Contents(peer_), cluster_.Contents(local_));
}

TEST_F(ContainerVisitTest, AnOwnRangeWithoutEpochNeverWins) {
  ShardRange own = Range("a/c", "", ShardState::kActive, 1);
  own.epoch = kEpoch;
  Merge(local_, {own});
  Merge(peer_, {Range("a/c", "", ShardState::kActive, 50)});  // newer, but no epoch
  cluster_.Visit(local_);
  const auto kept = cluster_.Container(cluster_.Path(local_)).GetAllShardRanges().value();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].epoch, kEpoch);
  EXPECT_TRUE(cluster_.Logged("warning: Ignoring remote osr w/o epoch, own_sr: a/c"));
}

// ---- Once it shards

TEST_F(ContainerVisitTest, NoRowsAreSentOnceShardingHasBegun) {
  BeginSharding(local_);
  cluster_.AddRows(cluster_.Path(local_), "new", 5000);  // far enough for a file
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.deferred, 1);
  EXPECT_EQ(stats.success, 1);
  EXPECT_EQ(stats.diff + stats.remote_merge + stats.rsync + stats.no_change, 0);
  EXPECT_EQ(cluster_.requests,
            (std::vector<std::string>{Sd(peer_) + " sync", Sd(peer_) + " merge_shard_ranges"}));
  EXPECT_TRUE(cluster_.Logged(StrCat("warning: ", cluster_.Path(local_),
                                     " is able to shard -- refusing to replicate objects to peer "
                                     "10.0.1.")));
}

TEST_F(ContainerVisitTest, ThePeersShardRangesCountToo) {
  BeginSharding(peer_);
  cluster_.AddRows(cluster_.Path(local_), "new", 2);
  EXPECT_EQ(cluster_.Visit(local_).deferred, 1);
  EXPECT_FALSE(Asked(Sd(peer_) + " merge_items"));
}

TEST_F(ContainerVisitTest, ShardedAndEmptyIsNoWarning) {
  ShardRange own = Range("a/c", "", ShardState::kSharded, 1);
  own.epoch = kEpoch;
  Merge(local_, {own, Range(".shards_a/c-1", "", ShardState::kActive)});
  AddEpochFile(local_, false);
  ASSERT_TRUE(Connection::Open(MakeDbPath(cluster_.Path(local_), kEpoch).value())
                  .value()
                  ->Execute("DELETE FROM object"));
  EXPECT_EQ(cluster_.Visit(local_).deferred, 1);
  EXPECT_TRUE(cluster_.Logged(" is sharded and has nothing more to replicate to peer "));
  EXPECT_FALSE(cluster_.Logged("warning: "));
}

TEST_F(ContainerVisitTest, AMissingReplicaGetsTheFreshFileUnderItsName) {
  BeginSharding(local_);
  AddEpochFile(local_, true);
  cluster_.AddRows(MakeDbPath(cluster_.Path(local_), kEpoch).value(), "fresh", 1);
  std::filesystem::remove_all(std::filesystem::path(cluster_.Path(peer_)).parent_path());
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.rsync, 1);
  EXPECT_EQ(stats.success, 1);
  EXPECT_FALSE(std::filesystem::exists(cluster_.Path(peer_)));
  const std::string fresh = MakeDbPath(cluster_.Path(peer_), kEpoch).value();
  ASSERT_TRUE(std::filesystem::exists(fresh));
  EXPECT_NE(cluster_.Contents(fresh).find("fresh0"), std::string::npos);
}

TEST_F(ContainerVisitTest, AFileIsNotMergedWhenShardingBeginsMeanwhile) {
  for (const DeviceId node : {local_, peer_}) cluster_.options(node).per_diff = 10;
  cluster_.AddRows(cluster_.Path(local_), "new", 100);
  cluster_.way.before_file = [&](const Device&) -> Result<> {
    BeginSharding(peer_);
    return {};
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.remote_merge, 1);
  EXPECT_EQ(stats.failure, 1);
  EXPECT_EQ(cluster_.Contents(peer_).find("new1"), std::string::npos);
  EXPECT_EQ(ShardNames(peer_).size(), 2U);
}

TEST_F(ContainerVisitTest, AFileThatBecameTheRetiringOneIsNotTakenIntoUse) {
  for (const DeviceId node : {local_, peer_}) cluster_.options(node).per_diff = 10;
  cluster_.AddRows(cluster_.Path(local_), "new", 100);
  cluster_.way.before_file = [&](const Device&) -> Result<> {
    AddEpochFile(local_, true);
    return {};
  };
  EXPECT_EQ(cluster_.Visit(local_).failure, 1);
  EXPECT_FALSE(Asked(Sd(peer_) + " rsync_then_merge"));
  EXPECT_TRUE(cluster_.Logged("was replaced while it was being sent"));
}

TEST_F(ContainerVisitTest, AHandoffThatMustStillShardIsKeptAndThatIsSuccess) {
  const DeviceId handoff = cluster_.Handoff();
  cluster_.Create(cluster_.Path(handoff));
  BeginSharding(handoff);
  const PassStats stats = cluster_.Visit(handoff);
  EXPECT_EQ(stats.success, 2);
  EXPECT_EQ(stats.remove, 0);
  EXPECT_TRUE(cluster_.Exists(handoff));
  EXPECT_TRUE(cluster_.Logged(StrCat("debug: Not deleting db ", cluster_.Path(handoff),
                                     " (requires sharding, state unsharded)")));
}

TEST_F(ContainerVisitTest, AHandoffThatReceivesShardRangesMeanwhileIsKept) {
  const DeviceId handoff = cluster_.Handoff();
  cluster_.Create(cluster_.Path(handoff));
  int syncs = 0;
  cluster_.way.after = [&](const Device&, const HttpRequest& request, Result<HttpResponse>&) {
    if (request.body.starts_with("[\"merge_syncs\"") && ++syncs == 2)
      Merge(handoff, {Range(".shards_a/c-9", "", ShardState::kFound)});
  };
  cluster_.AddRows(cluster_.Path(handoff), "new", 1);
  EXPECT_EQ(cluster_.Visit(handoff).remove, 0);
  EXPECT_EQ(syncs, 2);
  EXPECT_TRUE(cluster_.Exists(handoff));
  cluster_.way.after = nullptr;
  EXPECT_EQ(cluster_.Visit(handoff).remove, 1);
  EXPECT_EQ(ShardNames(local_).size(), 1U);
}

}  // namespace
}  // namespace dbrepl
