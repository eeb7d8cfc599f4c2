#include "replicator/peer_replica.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/strings.h"
#include "replicator/shared/own_peer.h"
#include "tests/testlib/fake_clock.h"

namespace dbrepl {
namespace {

constexpr std::chrono::milliseconds kNodeTimeout{1234};

class PeerReplicaTest : public testing::Test {
 protected:
  PeerReplicaTest() {
    node_.device = "sdb1";
    node_.replication_ip = "fd00::1";
    node_.replication_port = 6201;
  }

  PeerReplica Peer() { return {ask_, node_, PartitionId(7), "abc", kNodeTimeout, clock_}; }
  // What `sync` makes of an answer.
  Result<SyncAnswer> SyncWith(std::string body) {
    answer_ = MakeResponse(200, "text/html; charset=UTF-8", std::move(body));
    return Peer().Sync(ReplicationInfo(), false);
  }

  Device node_;
  FakeClock clock_;
  Result<HttpResponse> answer_ = MakeResponse(202, "text/html", "");
  std::vector<HttpRequest> requests_;
  std::vector<std::chrono::milliseconds> timeouts_;
  AskPeer ask_ = [this](const Device&, const HttpRequest& request,
                        std::chrono::milliseconds timeout) {
    requests_.push_back(request);
    timeouts_.push_back(timeout);
    return answer_;
  };
};

ReplicationInfo Info() {
  ReplicationInfo info;
  info.max_row = 8;
  info.hash = "d41d";
  info.id = "the-id";
  info.created_at = "1700000000.00000";
  info.put_timestamp = "1700000001.00000";
  info.delete_timestamp = "0";
  info.metadata = "{\"X-Container-Meta-A\": [\"\\u00fc\", \"1700000000.00000\"]}";
  info.status_changed_at = "1700000002.00000";
  info.count = 3;
  info.storage_policy_index = 1;
  return info;
}

constexpr char kSyncAnswer[] =
    R"({"account": "a", "container": "c", "created_at": "1700000000.00000", "put_timestamp": )"
    R"("1700000001.00000", "delete_timestamp": "0", "status": "", "status_changed_at": )"
    R"("1700000002.00000", "bytes_used": 5, "hash": "ffff", "id": "their-id", )"
    R"("storage_policy_index": 2, "db_state": "unsharded", "count": 4, "metadata": "{}", )"
    R"("max_row": 9, "shard_max_row": -1, "point": 6})";

TEST_F(PeerReplicaTest, AsksInSwiftsWords) {
  answer_->body = kSyncAnswer;
  PeerReplica peer = Peer();
  ASSERT_TRUE(peer.Sync(Info(), false));
  ASSERT_TRUE(peer.Sync(Info(), true));
  ASSERT_TRUE(peer.Probe("1700000099.00000", "the-id"));
  ASSERT_TRUE(peer.MergeItems(R"([{"ROWID": 4, "name": "x"}])", "the \"id\""));
  ASSERT_TRUE(peer.MergeSyncs({{"p", 7}, {"q", -1}}));
  ASSERT_TRUE(peer.MergeSyncs({}));
  ASSERT_TRUE(peer.CompleteRsync("the-id", "abc_1700000000.00000.db"));
  const std::chrono::milliseconds long_timeout(99'000);
  ASSERT_TRUE(peer.RsyncThenMerge("the-id", "abc.db", long_timeout));
  answer_->body = "[]";
  ASSERT_TRUE(peer.GetShardRanges());
  const std::string sync =
      R"(["sync", 8, "d41d", "the-id", "1700000000.00000", "1700000001.00000", "0", )"
      R"("{\"X-Container-Meta-A\": [\"\\u00fc\", \"1700000000.00000\"]}")";
  const std::string bodies[] = {
      sync + "]",
      sync + R"(, "1700000002.00000", 3, 1])",
      R"(["sync", -1, "", "the-id", "1700000099.00000", "0", "0", ""])",
      R"(["merge_items", [{"ROWID": 4, "name": "x"}], "the \"id\""])",
      StrCat(R"(["merge_syncs", [{"remote_id": "p", "sync_point": 7}, )",
             R"({"remote_id": "q", "sync_point": -1}]])"),
      R"(["merge_syncs", []])",
      R"(["complete_rsync", "the-id", "abc_1700000000.00000.db"])",
      R"(["rsync_then_merge", "the-id", "abc.db"])",
      R"(["get_shard_ranges"])",
  };
  ASSERT_EQ(requests_.size(), std::size(bodies));
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    EXPECT_EQ(requests_[i].body, bodies[i]);
    EXPECT_EQ(requests_[i].head.method, "REPLICATE");
    EXPECT_EQ(requests_[i].head.target, "/sdb1/7/abc");
    EXPECT_EQ(timeouts_[i], i == 7 ? long_timeout : kNodeTimeout);
  }
}

TEST_F(PeerReplicaTest, TellsShardRangesWithAllTheirMembers) {
  ShardRange range;
  range.name = ".shards_a/c-1";
  range.timestamp = "1700000000.00000";
  range.meta_timestamp = range.state_timestamp = range.timestamp;
  range.upper = "m";
  ASSERT_TRUE(Peer().MergeShardRanges({range}, "the-id"));
  const std::string list = StrCat("[", DumpJson(ToJson(range)), "]");
  EXPECT_EQ(requests_.at(0).body, StrCat(R"(["merge_shard_ranges", )", list, R"(, "the-id"])"));
  answer_->body = list;
  EXPECT_EQ(Peer().GetShardRanges().value(), std::vector<ShardRange>{range});
}

TEST_F(PeerReplicaTest, ReadsASyncAnswer) {
  const auto swift = SyncWith(kSyncAnswer);
  ASSERT_TRUE(swift.has_value()) << swift.error().message;
  EXPECT_EQ(swift->info.hash, "ffff");
  EXPECT_EQ(swift->info.id, "their-id");
  EXPECT_EQ(swift->info.max_row, 9);
  EXPECT_EQ(swift->info.count, 4);
  EXPECT_EQ(swift->info.delete_timestamp, "0");
  EXPECT_EQ(swift->info.status_changed_at, "1700000002.00000");
  EXPECT_EQ(swift->info.metadata, "{}");
  EXPECT_EQ(swift->point, 6);
  EXPECT_EQ(swift->storage_policy_index, 2);
  EXPECT_EQ(swift->shard_max_row, -1);
  EXPECT_FALSE(swift->is_own);
  answer_->head.headers.Add(kShardRangesHeader, "0123");
  EXPECT_EQ(Peer().Sync(Info(), false)->shard_ranges_digest, "");  // not without the other
  answer_->head.headers.Add(kOwnPeerHeader, kOwnPeerVersion);
  const auto own = Peer().Sync(Info(), false);
  EXPECT_TRUE(own->is_own);
  EXPECT_EQ(own->shard_ranges_digest, "0123");
}

TEST_F(PeerReplicaTest, ReadsWhatOldPeersAndAccountsLeaveOut) {
  const auto answer =
      SyncWith(R"({"created_at": "1", "put_timestamp": "1", "delete_timestamp": "0", "hash": "f", )"
               R"("id": "i", "max_row": -1, "point": -1, "storage_policy_index": null})");
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->storage_policy_index, std::nullopt);
  EXPECT_EQ(answer->shard_max_row, std::nullopt);
  EXPECT_EQ(answer->info.metadata, "");
}

TEST_F(PeerReplicaTest, BelievesNoAnswerThatIsNone) {
  const std::string good = kSyncAnswer;
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string changed = good;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  const std::string bodies[] = {
      "",
      "nonsense",
      "[]",
      "null",
      "{}",
      std::string(200, '['),
      with(R"("max_row": 9)", R"("max_row": "9")"),
      with(R"("max_row": 9)", R"("max_row": 9.5)"),
      with(R"("max_row": 9)", R"("max_row": -2)"),
      with(R"("max_row": 9)", R"("max_row": 99999999999999999999)"),
      with(R"("point": 6)", R"("point": null)"),
      with(R"("point": 6)", R"("point": -7)"),
      with(R"("id": "their-id")", R"("id": 5)"),
      with(R"("id": "their-id")", StrCat(R"("id": ")", std::string(300, 'i'), "\"")),
      with(R"("hash": "ffff")", R"("hash": ["ffff"])"),
      with(R"("put_timestamp": "1700000001.00000")", R"("put_timestamp": "yesterday")"),
      // Ten years ahead: it would win every conflict.
      with(R"("put_timestamp": "1700000001.00000")", R"("put_timestamp": "2015000000.00000")"),
      with(R"("delete_timestamp": "0")", R"("delete_timestamp": "9999999999.99999")"),
      with(R"("status_changed_at": "1700000002.00000")", R"("status_changed_at": "x")"),
      with(R"("storage_policy_index": 2)", R"("storage_policy_index": -1)"),
      with(R"("storage_policy_index": 2)", R"("storage_policy_index": 9999999)"),
      with(R"("shard_max_row": -1)", R"("shard_max_row": "x")"),
      with(R"("metadata": "{}")", StrCat(R"("metadata": ")", std::string(2 << 20, 'm'), "\"")),
  };
  for (const std::string& body : bodies) {
    const auto answer = SyncWith(body);
    ASSERT_FALSE(answer.has_value()) << body.substr(0, 300);
    EXPECT_EQ(answer.error().code, Errc::kCorrupt) << body.substr(0, 300);
    EXPECT_NE(answer.error().message.find("[fd00::1]:6201/sdb1"), std::string::npos)
        << answer.error().message;
    EXPECT_LT(answer.error().message.size(), 700U);
  }
}

TEST_F(PeerReplicaTest, BelievesNoShardRangesThatAreNone) {
  ShardRange range;
  range.name = ".shards_a/c-1";
  range.timestamp = range.meta_timestamp = range.state_timestamp = "1700000000.00000";
  ShardRange late = range;
  late.epoch = "2015000000.00000";
  ShardRange nameless = range;
  nameless.name = "no-container";
  const std::string bodies[] = {"",
                                "{}",
                                "[1]",
                                "[{}]",
                                StrCat("[", DumpJson(ToJson(late)), "]"),
                                StrCat("[", DumpJson(ToJson(nameless)), "]")};
  for (const std::string& body : bodies) {
    answer_->body = body;
    const auto ranges = Peer().GetShardRanges();
    ASSERT_FALSE(ranges.has_value()) << body;
    EXPECT_EQ(ranges.error().code, Errc::kCorrupt) << body;
  }
}

TEST_F(PeerReplicaTest, StatusesBecomeErrorsThatNameThePeer) {
  const struct {
    int status;
    Errc code;
  } cases[] = {{404, Errc::kNotFound}, {507, Errc::kNoSpace},  {400, Errc::kRejected},
               {500, Errc::kRejected}, {503, Errc::kRejected}, {301, Errc::kRejected},
               {199, Errc::kRejected}};
  for (const auto& it : cases) {
    answer_ = MakeResponse(it.status, "text/plain", StrCat(std::string(5000, 'x'), "the problem"));
    const auto done = Peer().MergeSyncs({});
    ASSERT_FALSE(done.has_value()) << it.status;
    EXPECT_EQ(done.error().code, it.code) << it.status;
    EXPECT_TRUE(done.error().message.starts_with(
        StrCat("Bad response ", it.status, " from [fd00::1]:6201/sdb1: xxx")))
        << done.error().message;
    EXPECT_TRUE(done.error().message.ends_with("xthe problem")) << done.error().message;
    EXPECT_LT(done.error().message.size(), 500U);
  }
  answer_ = Fail(Errc::kTimeout, "no answer in 10 s");
  const auto late = Peer().Sync(ReplicationInfo(), false);
  EXPECT_EQ(late.error().code, Errc::kTimeout);
  EXPECT_EQ(late.error().message,
            "reading HTTP response from [fd00::1]:6201/sdb1: no answer in 10 s");
}

}  // namespace
}  // namespace dbrepl
