#include "replicator/handoff_removal.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "broker/db_path.h"
#include "common/strings.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {
namespace {

class HandoffTest : public testing::TestWithParam<DbKind> {
 protected:
  HandoffTest() {
    cluster_.Create(path_);
    cluster_.AddRows(path_, "o", 3);
  }
  bool IsGone() const { return !std::filesystem::exists(DirOf(path_)); }
  static std::string DirOf(const std::string& path) {
    return std::filesystem::path(path).parent_path();
  }
  // Does this when the last peer has answered, which is after everything was sent.
  template <class Deed>
  void AtTheEnd(Deed deed) {
    cluster_.way.after = [this, deed](const Device& device, const HttpRequest& request,
                                      Result<HttpResponse>&) {
      const bool is_last = request.body.starts_with("[\"complete_rsync\"") ||
                           request.body.starts_with("[\"merge_syncs\"");
      if (device.id == cluster_.Primaries()[2] && is_last) deed();
    };
  }

  Cluster cluster_{{.kind = GetParam()}};
  const DeviceId handoff_ = cluster_.Handoff();
  const std::string path_ = cluster_.Path(handoff_);
};

INSTANTIATE_TEST_SUITE_P(Kinds, HandoffTest, testing::Values(DbKind::kAccount, DbKind::kContainer),
                         [](const auto& kind) { return std::string(DbKindName(kind.param)); });

TEST_P(HandoffTest, GoesWithItsDirectoriesWhenAllPrimariesHaveIt) {
  const PassStats stats = cluster_.Visit(handoff_);
  EXPECT_EQ(stats.success, 3);
  EXPECT_EQ(stats.rsync, 3);
  EXPECT_EQ(stats.remove, 1);
  EXPECT_TRUE(IsGone());
  EXPECT_TRUE(std::filesystem::is_empty(
      StrCat(cluster_.DeviceDir(handoff_), "/", DbKindFolder(GetParam()))));
  EXPECT_TRUE(cluster_.Logged(StrCat("debug: Successfully deleted db ", path_)));
  for (const DeviceId node : cluster_.Primaries()) EXPECT_TRUE(cluster_.Exists(node));
}

TEST_P(HandoffTest, StaysWhileAPrimaryLacksIt) {
  const DeviceId bad = cluster_.Primaries()[1];
  cluster_.way.before = [bad](const Device& device,
                              const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    if (device.id != bad) return std::nullopt;
    return Fail(Errc::kUnreachable, "down");
  };
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 0);
  EXPECT_FALSE(IsGone());
  EXPECT_TRUE(cluster_.Logged(StrCat("debug: Not deleting db ", path_, " (2/3 success)")));
  cluster_.options(handoff_).handoff_delete = 3;
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 0);
  cluster_.options(handoff_).handoff_delete = 2;
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 1);
  EXPECT_TRUE(IsGone());
}

TEST_P(HandoffTest, OtherHandoffsDoNotCountAsPrimaries) {
  Cluster wide({.kind = GetParam(), .nodes = 6});
  const std::vector<DeviceId> primaries = wide.Primaries();
  const DeviceId handoff = wide.Handoff();
  wide.Create(wide.Path(handoff));
  wide.options(handoff).handoff_delete = 2;
  wide.way.before = [&](const Device& device,
                        const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    if (device.id != primaries[0] && device.id != primaries[1]) return std::nullopt;
    return MakeResponse(507, "text/plain", "");
  };
  const PassStats stats = wide.Visit(handoff);
  EXPECT_EQ(stats.success, 3) << "one primary and two other handoffs";
  EXPECT_EQ(stats.failure, 2);
  EXPECT_EQ(stats.remove, 0);
  EXPECT_TRUE(wide.Exists(handoff));
}

TEST_P(HandoffTest, StaysWhenRowsArriveMeanwhile) {
  AtTheEnd([&] { cluster_.AddRows(path_, "late", 1); });
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 0);
  EXPECT_FALSE(IsGone());
  EXPECT_TRUE(cluster_.Logged(StrCat("Not deleting db ", path_, " (1 new rows)")));
  cluster_.way.after = nullptr;
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 1);
  for (const DeviceId node : cluster_.Primaries())
    EXPECT_NE(cluster_.Contents(node).find("late0"), std::string::npos);
}

TEST_P(HandoffTest, StaysWhenAnythingElseArrivesMeanwhile) {
  const auto put = [&] {
    EXPECT_TRUE(cluster_.Broker(path_)->UpdatePutTimestamp(Cluster::At(50)));
  };
  const auto set_metadata = [&] {
    EXPECT_TRUE(cluster_.Broker(path_)->UpdateMetadata({{"X-Meta-Late", "v", Cluster::At(60)}}));
  };
  const auto append_pending = [&] { std::ofstream(PendingPath(path_)) << ":gAIu"; };
  const auto replace = [&] {
    // As rsync_then_merge does it: another file under the same name, with an id of its own.
    std::filesystem::copy_file(path_, path_ + ".new");
    EXPECT_TRUE(cluster_.Broker(path_ + ".new")->NewId("other"));
    std::filesystem::rename(path_ + ".new", path_);
  };
  const std::vector<std::function<void()>> deeds = {put, set_metadata, append_pending, replace};
  for (std::size_t i = 0; i < deeds.size(); ++i) {
    AtTheEnd(deeds[i]);
    cluster_.AddRows(path_, StrCat("round", i), 1);  // something to send
    EXPECT_EQ(cluster_.Visit(handoff_).remove, 0) << i;
    EXPECT_FALSE(IsGone()) << i;
  }
  cluster_.way.after = nullptr;
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 1);
}

TEST_P(HandoffTest, WhatItsPeersToldItDoesNotKeepIt) {
  cluster_.Visit(handoff_);
  const DeviceId first = cluster_.Primaries()[0];
  ASSERT_TRUE(
      cluster_.Broker(cluster_.Path(first))->UpdateMetadata({{"X-Meta-A", "v", Cluster::At(60)}}));
  ASSERT_TRUE(cluster_.Broker(cluster_.Path(first))->UpdatePutTimestamp(Cluster::At(50)));
  cluster_.Create(path_);
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 1);
}

TEST_P(HandoffTest, WritersWhoCameTooLateAreTold) {
  ConnectionOptions options;
  options.lock_timeout = std::chrono::milliseconds(0);
  const auto writer = Connection::Open(path_, options).value();
  ASSERT_TRUE(writer->Prepare("SELECT * FROM sqlite_master")->Step().value());
  EXPECT_EQ(cluster_.Visit(handoff_).remove, 1);
  // It would be acknowledged and lost.
  EXPECT_FALSE(writer->Execute("CREATE TABLE late (a)").has_value());
}

TEST_P(HandoffTest, FromAWrongPartitionItGoesToTheRightNodes) {
  const DeviceId local = cluster_.Primaries()[1];
  const PartitionId wrong = cluster_.WrongPartition({});
  const std::string path = cluster_.Create(cluster_.Path(local, {}, wrong));
  const PassStats stats = cluster_.Visit(local, path);
  EXPECT_EQ(stats.success, 2);
  EXPECT_EQ(stats.remove, 1);
  EXPECT_FALSE(std::filesystem::exists(DirOf(path)));
  EXPECT_TRUE(cluster_.Logged(StrCat("error: Found ", path, " for /a")));
  EXPECT_TRUE(
      cluster_.Logged(StrCat("when it should be on partition ", cluster_.PartitionOf({}).value(),
                             "; will replicate out and remove.")));
  EXPECT_FALSE(cluster_.Exists(local)) << "a peer brings it back";
  cluster_.Visit(cluster_.Primaries()[0]);
  EXPECT_TRUE(cluster_.Exists(local));
}

TEST_P(HandoffTest, AWholeDeviceInWrongPartitionsIsLeftAlone) {
  const DeviceId local = cluster_.Primaries()[0];
  for (int i = 0; i < 25; ++i) {
    const Cluster::Name name{StrCat("a", i), "c"};
    cluster_.Create(cluster_.Path(local, name, cluster_.WrongPartition(name)), name);
  }
  const PassStats stats = cluster_.Pass(local);
  EXPECT_EQ(stats.remove, 20);
  EXPECT_EQ(cluster_.Databases(local).size() >= 5U, true);
  EXPECT_EQ(stats.failure, 15) << "three primaries of each that was left";
  EXPECT_TRUE(cluster_.Logged("critical: Brake on for sd"));
}

TEST_P(HandoffTest, OfOneReplicaItAsksNobodyOrMovesIt) {
  Cluster single({.kind = GetParam(), .nodes = 2, .replicas = 1});
  const DeviceId local = single.Primaries()[0];
  const std::string path = single.Create(single.Path(local));
  EXPECT_EQ(single.Visit(local, path), PassStats{.attempted = 1});
  EXPECT_TRUE(single.requests.empty());
  const Cluster::Name other{"elsewhere", "c"};
  const DeviceId there = single.Primaries(other)[0];
  const PartitionId wrong = single.WrongPartition(other);
  const std::string misplaced = single.Create(single.Path(there, other, wrong), other);
  EXPECT_EQ(single.Visit(there, misplaced).remove, 1);
  EXPECT_TRUE(single.Exists(there, other));
}

class ReclaimTest : public HandoffTest {
 protected:
  // Empty and deleted for longer than reclaim_age.
  void DeleteLongAgo(const std::string& path) {
    ASSERT_TRUE(cluster_.Broker(path)->DeleteDb(Cluster::At(1)));
    cluster_.clock().Advance(std::chrono::hours(24 * 8));
  }
  std::string MakeEmpty() {
    const Cluster::Name name{"empty", "c"};
    return cluster_.Create(cluster_.Path(cluster_.Primaries(name)[0], name), name);
  }
  void Report(const std::string& path) {
    if (GetParam() == DbKind::kAccount) return;
    const auto connection = Connection::Open(path).value();
    ASSERT_TRUE(
        connection->Execute("UPDATE container_info SET reported_put_timestamp = put_timestamp,"
                            " reported_delete_timestamp = delete_timestamp"));
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, ReclaimTest, testing::Values(DbKind::kAccount, DbKind::kContainer),
                         [](const auto& kind) { return std::string(DbKindName(kind.param)); });

TEST_P(ReclaimTest, DeletedLongAgoGoesWithoutAskingAnybody) {
  const std::string path = MakeEmpty();
  const DeviceId node = cluster_.Primaries({"empty", "c"})[0];
  DeleteLongAgo(path);
  if (GetParam() == DbKind::kContainer) {
    // Its account has not heard of it: it is kept, and not replicated either.
    EXPECT_EQ(cluster_.Visit(node, path), PassStats{.attempted = 1});
    EXPECT_TRUE(std::filesystem::exists(path));
    Report(path);
  }
  EXPECT_EQ(cluster_.Visit(node, path), (PassStats{.attempted = 1, .remove = 1}));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(cluster_.requests.empty());
}

TEST_P(ReclaimTest, NotBeforeReclaimAge) {
  const std::string path = MakeEmpty();
  const DeviceId node = cluster_.Primaries({"empty", "c"})[0];
  ASSERT_TRUE(cluster_.Broker(path)->DeleteDb(Cluster::At(1)));
  Report(path);
  cluster_.clock().Advance(std::chrono::hours(24 * 6));
  EXPECT_EQ(cluster_.Visit(node, path).remove, 0);
  EXPECT_FALSE(cluster_.requests.empty());
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace dbrepl
