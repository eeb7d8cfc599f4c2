// Peers whose servers are Swift's: what they do differently after a whole file, and that nothing is
// lost or sent twice for it.

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "common/strings.h"
#include "replicator/replicate_database.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {
namespace {

class SwiftPeerTest : public testing::TestWithParam<DbKind> {
 protected:
  SwiftPeerTest() {
    cluster_.Create(cluster_.Path(local_));
    cluster_.PretendSwift(peer_);
    cluster_.options(local_).per_diff = 10;
    cluster_.options(peer_).per_diff = 10;
  }

  // What happens after the peer has taken a file.
  void AfterFile(const std::function<void()>& deed) {
    cluster_.way.after = [this, deed](const Device& device, const HttpRequest& request,
                                      Result<HttpResponse>& answer) {
      const bool takes_file = request.body.find("rsync") != std::string::npos;
      if (device.id != peer_ || !takes_file || answer->head.status != 204) return;
      deed();
    };
  }
  // Which rows the peer sends to the local node, as text.
  std::string SentBack() {
    std::string sent;
    cluster_.way.before = [&](const Device& device, const HttpRequest& request) {
      if (device.id == local_ && request.body.starts_with("[\"merge_items\"")) sent += request.body;
      return std::nullopt;
    };
    cluster_.Visit(peer_);
    cluster_.way.before = nullptr;
    return sent;
  }

  Cluster cluster_{{.kind = GetParam(), .nodes = 3, .replicas = 2}};
  const DeviceId local_ = cluster_.Primaries()[0];
  const DeviceId peer_ = cluster_.Primaries()[1];
};

INSTANTIATE_TEST_SUITE_P(Kinds, SwiftPeerTest,
                         testing::Values(DbKind::kAccount, DbKind::kContainer),
                         [](const auto& kind) { return std::string(DbKindName(kind.param)); });

TEST_P(SwiftPeerTest, IsAskedForItsNewIdSoThatItNeedNotSendEverythingBack) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 2);
  AfterFile([] {});
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 1);
  EXPECT_EQ(cluster_.requests.back(), StrCat("sd", peer_, " sync"));
  const std::string sent = SentBack();
  EXPECT_NE(sent.find("\"own1\""), std::string::npos);
  EXPECT_EQ(sent.find("\"o1\""), std::string::npos) << sent;
  EXPECT_EQ(cluster_.Contents(local_), cluster_.Contents(peer_));
}

TEST_P(SwiftPeerTest, GetsAMissingDatabaseAndSendsBackOnlyWhatIsNew) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  AfterFile([] {});
  EXPECT_EQ(cluster_.Visit(local_).rsync, 1);
  cluster_.AddRows(cluster_.Path(peer_), "own", 2);
  const std::string sent = SentBack();
  EXPECT_NE(sent.find("\"own1\""), std::string::npos);
  EXPECT_EQ(sent.find("\"o1\""), std::string::npos) << sent;
  EXPECT_EQ(cluster_.Contents(local_), cluster_.Contents(peer_));
}

TEST_P(SwiftPeerTest, WhoseAnswerGotLostGetsThemToo) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 5);
  cluster_.way.after = [&](const Device&, const HttpRequest& request,
                           Result<HttpResponse>& answer) {
    if (!request.body.starts_with("[\"rsync_then_merge\"")) return;
    cluster_.AddRows(cluster_.Path(local_), "meanwhile", 2);
    answer = Fail(Errc::kTimeout, "lost");
  };
  EXPECT_EQ(cluster_.Visit(local_).failure, 1);
  cluster_.way.after = nullptr;
  cluster_.AddRows(cluster_.Path(local_), "later", 2);
  EXPECT_EQ(cluster_.Visit(local_).diff, 1);
  EXPECT_NE(cluster_.Contents(peer_).find("meanwhile1|"), std::string::npos);
  EXPECT_NE(cluster_.Contents(peer_).find("later1|"), std::string::npos);
}

TEST_P(SwiftPeerTest, ThatClaimsMoreRowsThanWeHaveGetsThoseToCome) {
  cluster_.AddRows(cluster_.Path(local_), "o", 10);
  cluster_.Visit(local_);
  ASSERT_TRUE(
      cluster_.Broker(cluster_.Path(peer_))
          ->MergeSyncs({{cluster_.Broker(cluster_.Path(local_))->GetReplicationInfo()->id, 15}},
                       SyncDirection::kIncoming));
  EXPECT_EQ(cluster_.Visit(local_).no_change, 1);
  cluster_.AddRows(cluster_.Path(local_), "later", 2);
  EXPECT_EQ(cluster_.Visit(local_).diff, 1);
  EXPECT_NE(cluster_.Contents(peer_).find("later1|"), std::string::npos);
}

TEST_P(SwiftPeerTest, ThatMergedOurFileDoesNotKeepAHandoff) {
  const DeviceId handoff = cluster_.Handoff();
  cluster_.Create(cluster_.Path(handoff));
  cluster_.AddRows(cluster_.Path(handoff), "h", 100);
  cluster_.options(handoff).per_diff = 10;
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 5);
  AfterFile([] {});
  const PassStats stats = cluster_.Visit(handoff);
  EXPECT_EQ(stats.remote_merge, 2);
  EXPECT_EQ(stats.remove, 1);
}

TEST_P(SwiftPeerTest, ThatHasNotSeenARowWhichCameDuringAnothersMergeKeepsAHandoff) {
  const DeviceId handoff = cluster_.Handoff();
  cluster_.Create(cluster_.Path(handoff));
  cluster_.AddRows(cluster_.Path(handoff), "h", 100);
  cluster_.options(handoff).per_diff = 10;
  cluster_.Create(cluster_.Path(peer_));
  for (const DeviceId primary : {local_, peer_}) {
    cluster_.AddRows(cluster_.Path(primary), "own", 5);
    cluster_.PretendSwift(primary);
  }
  AfterFile([&] { cluster_.AddRows(cluster_.Path(handoff), "late", 1); });  // the last one's
  PassStats stats = cluster_.Visit(handoff);
  EXPECT_EQ(stats.remote_merge, 2);
  EXPECT_EQ(stats.remove, 0);
  EXPECT_EQ(cluster_.Contents(local_).find("late0|"), std::string::npos);
  cluster_.way.after = nullptr;
  stats = cluster_.Visit(handoff);
  EXPECT_EQ(stats.remove, 1);
  for (const DeviceId primary : {local_, peer_})
    EXPECT_NE(cluster_.Contents(primary).find("late0|"), std::string::npos) << primary;
}

TEST_P(SwiftPeerTest, ThatReplacedOurRowsSendsTheWinnersBack) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "o", 3, 50);        // newer than ours
  cluster_.AddRows(cluster_.Path(peer_), "o", 1, 60, true);  // and one of them deleted
  AfterFile([] {});
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 1);
  SentBack();
  EXPECT_EQ(cluster_.Contents(local_), cluster_.Contents(peer_));
}

TEST_P(SwiftPeerTest, WhoseFileWasReplacedByAThirdOneSendsEverything) {
  // The third node's file comes right behind ours, and holds rows that we do not have.
  const DeviceId third = cluster_.Handoff();
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 2);
  cluster_.Create(cluster_.Path(third));
  cluster_.AddRows(cluster_.Path(third), "third", 300);
  bool replaced = false;
  AfterFile([&] {
    if (replaced) return;
    replaced = true;
    cluster_.Visit(third);
  });
  cluster_.options(third).per_diff = 10;
  cluster_.way.before = [&](const Device& device,
                            const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    // The third one does not reach us; only the peer knows its rows.
    if (device.id == local_) return Fail(Errc::kUnreachable, "down");
    return std::nullopt;
  };
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 1);
  EXPECT_TRUE(replaced);
  cluster_.options(peer_).per_diff = 10'000;  // rows, no file
  EXPECT_NE(SentBack().find("\"third1\""), std::string::npos);
  EXPECT_EQ(cluster_.Contents(local_), cluster_.Contents(peer_));
}

// A Swift server says after the merge that it has our rows up to its own last one. Rows that we get
// later must not be taken for those.
TEST_P(SwiftPeerTest, GetsRowsThatCameToUsAfterItsMerge) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 5);
  AfterFile([] {});
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 1);
  cluster_.AddRows(cluster_.Path(local_), "late", 3);
  cluster_.Visit(local_);
  SentBack();
  EXPECT_EQ(cluster_.Contents(local_), cluster_.Contents(peer_));
}

TEST_P(SwiftPeerTest, GetsRowsThatCameToUsDuringItsMerge) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 5);
  AfterFile([&] { cluster_.AddRows(cluster_.Path(local_), "late", 3); });
  cluster_.Visit(local_);
  cluster_.way.after = nullptr;
  cluster_.Visit(local_);
  SentBack();
  EXPECT_EQ(cluster_.Contents(local_), cluster_.Contents(peer_));
}

TEST_P(SwiftPeerTest, ThatClaimsMoreRowsThanThereCanBeUsesUpNoRowIds) {
  cluster_.AddRows(cluster_.Path(local_), "o", 100);
  cluster_.Create(cluster_.Path(peer_));
  cluster_.AddRows(cluster_.Path(peer_), "own", 5);
  AfterFile([&] {
    const auto connection = Connection::Open(cluster_.Path(peer_)).value();
    EXPECT_TRUE(
        connection->Execute("UPDATE sqlite_sequence SET seq = 9000000000000000000; "
                            "UPDATE incoming_sync SET sync_point = 9000000000000000000"));
  });
  cluster_.Visit(local_);
  EXPECT_LT(cluster_.Broker(cluster_.Path(local_))->GetMaxRow().value(), 1000);
}

}  // namespace
}  // namespace dbrepl
