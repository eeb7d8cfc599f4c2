#include "replicator/file_receivers.h"

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "common/files.h"
#include "common/strings.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {
namespace {

enum class Servers { kOurs, kSwifts };

class FileReceiversTest : public testing::TestWithParam<std::tuple<DbKind, Servers>> {
 protected:
  FileReceiversTest() {
    for (const DeviceId node : cluster_.Primaries()) cluster_.options(node).per_diff = 10;
    cluster_.Create(cluster_.Path(local_));
    cluster_.AddRows(cluster_.Path(local_), "o", 100);
    for (const DeviceId peer : {first_, second_}) {
      if (std::get<Servers>(GetParam()) == Servers::kSwifts) cluster_.PretendSwift(peer);
    }
  }

  void GiveOwnRows(DeviceId peer, const std::string& prefix) {
    cluster_.Create(cluster_.Path(peer));
    cluster_.AddRows(cluster_.Path(peer), prefix, 3);
  }
  // The rows that `from` sends to `to` in a visit, as text.
  std::string Sent(DeviceId from, DeviceId to) {
    std::string sent;
    cluster_.way.before = [&](const Device& device, const HttpRequest& request) {
      if (device.id == to && request.body.starts_with("[\"merge_items\"")) sent += request.body;
      return std::nullopt;
    };
    cluster_.Visit(from);
    cluster_.way.before = nullptr;
    return sent;
  }
  void ExpectAllEqual() {
    EXPECT_EQ(cluster_.Contents(first_), cluster_.Contents(second_));
    EXPECT_EQ(cluster_.Contents(first_), cluster_.Contents(local_));
  }

  Cluster cluster_{{.kind = std::get<DbKind>(GetParam()), .nodes = 4, .replicas = 3}};
  const DeviceId local_ = cluster_.Primaries()[0];
  const DeviceId first_ = cluster_.Primaries()[1];
  const DeviceId second_ = cluster_.Primaries()[2];
};

std::string CaseName(const testing::TestParamInfo<FileReceiversTest::ParamType>& info) {
  const auto& [kind, servers] = info.param;
  return StrCat(DbKindName(kind), servers == Servers::kOurs ? "Ours" : "Swifts");
}

INSTANTIATE_TEST_SUITE_P(All, FileReceiversTest,
                         testing::Combine(testing::Values(DbKind::kAccount, DbKind::kContainer),
                                          testing::Values(Servers::kOurs, Servers::kSwifts)),
                         CaseName);

// Replicas of accounts do not take over each other's times.
class ContainerReceiversTest : public FileReceiversTest {};

INSTANTIATE_TEST_SUITE_P(All, ContainerReceiversTest,
                         testing::Combine(testing::Values(DbKind::kContainer),
                                          testing::Values(Servers::kOurs, Servers::kSwifts)),
                         CaseName);

TEST_P(FileReceiversTest, SendEachOtherOnlyTheirOwnRows) {
  GiveOwnRows(first_, "mine");
  GiveOwnRows(second_, "yours");
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 2);
  for (const auto& [from, to, own] :
       {std::tuple(first_, second_, "\"mine1\""), std::tuple(second_, first_, "\"yours1\"")}) {
    const std::string sent = Sent(from, to);
    EXPECT_NE(sent.find(own), std::string::npos) << sent;
    EXPECT_EQ(sent.find("\"o1\""), std::string::npos) << sent;
  }
  cluster_.Visit(local_);
  ExpectAllEqual();
}

TEST_P(FileReceiversTest, OneOfWhichHadNothingGetsTheOthersRows) {
  GiveOwnRows(second_, "yours");
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.rsync, 1);
  EXPECT_EQ(stats.remote_merge, 1);
  EXPECT_EQ(Sent(first_, second_).find("\"o1\""), std::string::npos);
  EXPECT_NE(Sent(second_, first_).find("\"yours1\""), std::string::npos);
  cluster_.Visit(local_);
  ExpectAllEqual();
}

TEST_P(FileReceiversTest, BothOfWhichHadNothingAreToldNothing) {
  EXPECT_EQ(cluster_.Visit(local_).rsync, 2);
  for (const std::string& request : cluster_.requests)
    EXPECT_EQ(request.find("merge_syncs"), std::string::npos) << request;
}

TEST_P(FileReceiversTest, GetWhatCameToUsBetweenTheFiles) {
  GiveOwnRows(first_, "mine");
  GiveOwnRows(second_, "yours");
  bool first_is_done = false;
  cluster_.way.before_file = [&](const Device& device) -> Result<> {
    if (device.id == second_) cluster_.AddRows(cluster_.Path(local_), "between", 3);
    first_is_done = first_is_done || device.id == first_;
    return {};
  };
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 2);
  EXPECT_TRUE(first_is_done);
  cluster_.way.before_file = nullptr;
  // The second one alone can pass them on.
  EXPECT_NE(Sent(second_, first_).find("\"between1\""), std::string::npos);
  Sent(first_, second_);
  EXPECT_EQ(cluster_.Contents(first_), cluster_.Contents(second_));
}

// Writing it down first would cost a transaction, and rsync must wait until the file's time is
// past.
TEST_P(ContainerReceiversTest, AreToldOfAnEarlierCreationWithoutAWriteBetweenTheFiles) {
  GiveOwnRows(first_, "mine");
  GiveOwnRows(second_, "yours");
  const std::string path = cluster_.Path(first_);
  ASSERT_TRUE(cluster_.Broker(path)->MergeTimestamps(Cluster::At(-90), "0", "0"));
  std::vector<std::string> files;
  cluster_.way.before_file = [&](const Device&) -> Result<> {
    files.push_back(ReadFile(cluster_.Path(local_), 1 << 20).value());
    return {};
  };
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 2);
  ASSERT_EQ(files.size(), 2);
  EXPECT_TRUE(files[0] == files[1]);
  for (const DeviceId node : {local_, first_, second_}) {
    const auto info = cluster_.Broker(cluster_.Path(node))->GetReplicationInfo();
    EXPECT_EQ(info->created_at, Cluster::At(-90)) << node;
  }
}

TEST_P(ContainerReceiversTest, GetTheTimesOfAnEarlierPeerWithTheFile) {
  for (const char* put_timestamp : {"0", "1699999999.00000"}) {
    const std::string path = cluster_.Create(cluster_.Path(first_));
    cluster_.AddRows(path, "o", 100);
    ASSERT_TRUE(cluster_.Broker(path)->MergeTimestamps(Cluster::At(-90), put_timestamp, "0"));
    EXPECT_EQ(cluster_.Visit(local_).rsync, 1);
    const auto info = cluster_.Broker(cluster_.Path(second_))->GetReplicationInfo();
    EXPECT_EQ(info->created_at, Cluster::At(-90));
    EXPECT_GE(info->put_timestamp, put_timestamp);
    for (const DeviceId peer : {first_, second_}) std::filesystem::remove(cluster_.Path(peer));
  }
}

TEST_P(FileReceiversTest, WhoseReplicaIsMadeAnewMeanwhileGetsEverything) {
  GiveOwnRows(first_, "mine");
  GiveOwnRows(second_, "yours");
  cluster_.way.after = [&](const Device& device, const HttpRequest& request,
                           Result<HttpResponse>&) {
    if (device.id != second_ || !request.body.starts_with("[\"rsync_then_merge\"")) return;
    std::filesystem::remove(cluster_.Path(first_));
    cluster_.Create(cluster_.Path(first_));
  };
  EXPECT_EQ(cluster_.Visit(local_).remote_merge, 2);
  cluster_.way.after = nullptr;
  cluster_.options(second_).per_diff = 1000;  // rows, no file
  EXPECT_NE(Sent(second_, first_).find("\"o1\""), std::string::npos);
  EXPECT_EQ(cluster_.Contents(first_), cluster_.Contents(second_));
}

TEST_P(FileReceiversTest, MergeNothingWhenOursWasReplacedMeanwhile) {
  GiveOwnRows(first_, "mine");
  GiveOwnRows(second_, "yours");
  cluster_.way.after = [&](const Device& device, const HttpRequest& request,
                           Result<HttpResponse>&) {
    if (device.id != second_ || !request.body.starts_with("[\"sync\"")) return;
    // The first one has the file by now.
    const std::string path = cluster_.Path(local_);
    std::filesystem::copy_file(path, path + ".new");
    EXPECT_TRUE(cluster_.Broker(path + ".new")->NewId("other"));
    std::filesystem::rename(path + ".new", path);
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.remote_merge, 2);
  EXPECT_EQ(stats.failure, 2);
  for (const std::string& request : cluster_.requests)
    EXPECT_EQ(request.find("rsync_then_merge"), std::string::npos) << request;
  EXPECT_TRUE(cluster_.Logged("was replaced while it was being sent"));
  cluster_.way.after = nullptr;
  EXPECT_EQ(cluster_.Visit(local_).success, 2);
}

TEST_P(FileReceiversTest, ThatCannotBeToldSendTheirRowsTwice) {
  GiveOwnRows(first_, "mine");
  GiveOwnRows(second_, "yours");
  cluster_.way.before = [](const Device&,
                           const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (request.body.starts_with("[\"merge_syncs\"")) return Fail(Errc::kUnreachable, "cut");
    return std::nullopt;
  };
  const PassStats stats = cluster_.Visit(local_);
  EXPECT_EQ(stats.remote_merge, 2);
  EXPECT_EQ(stats.failure, 0);
  EXPECT_NE(Sent(second_, first_).find("\"o1\""), std::string::npos);
  Sent(first_, second_);
  EXPECT_EQ(cluster_.Contents(first_), cluster_.Contents(second_));
}

}  // namespace
}  // namespace dbrepl
