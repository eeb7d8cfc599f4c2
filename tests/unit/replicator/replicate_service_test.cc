#include "replicator/answer/replicate_service.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "replicator/shared/own_peer.h"
#include "tests/unit/replicator/service_fixture.h"

namespace dbrepl {
namespace {

constexpr char kNotFoundPage[] =
    "<html><h1>Not Found</h1><p>The resource could not be found.</p></html>";
constexpr char kAcceptedPage[] =
    "<html><h1>Accepted</h1><p>The request is accepted for processing.</p></html>";
constexpr char kZeroHash[] = "00000000000000000000000000000000";

class ReplicateServiceTest : public ServiceTest {
 protected:
  // With what every sync of these tests has in common.
  static std::string Sync(std::string_view max_row, std::string_view hash, std::string_view times,
                          std::string_view rest = "\"\"") {
    return StrCat("[\"sync\", ", max_row, ", \"", hash, "\", \"peer\", ", times, ", ", rest, "]");
  }
  std::string Times() const { return StrCat('"', At(-100), "\", \"", At(-100), "\", \"0\""); }
};

TEST_F(ReplicateServiceTest, StepsComeInSwiftsOrder) {
  std::filesystem::remove_all(directory_.Sub("sda/tmp"));
  EXPECT_EQ(service().Handle(Request("/sda/7", "nope")).head.status, 400);
  const auto no_device = service().Handle(Request(StrCat("/sdb/7/", hash_), "nope"));
  EXPECT_EQ(no_device.head.status, 507);
  EXPECT_EQ(
      no_device.body,
      "<html><h1>Insufficient Storage</h1><p>There was not enough space to save the resource. "
      "Drive: sdb</p></html>");
  EXPECT_EQ(*no_device.head.headers.Find("Content-Type"), "text/html; charset=UTF-8");
  EXPECT_EQ(Status("nope"), 400);
  EXPECT_FALSE(std::filesystem::exists(directory_.Sub("sda/tmp")))
      << "made before the body was read";
  EXPECT_EQ(Status("[\"complete_rsync\", \"x\"]"), 404);
  EXPECT_EQ(Status("[\"rsync_then_merge\", \"x\"]"), 404);
  EXPECT_FALSE(std::filesystem::exists(directory_.Sub("sda/tmp")));
  const auto missing = Ask("[\"frobnicate\"]");
  EXPECT_EQ(missing.head.status, 404);
  EXPECT_EQ(missing.body, kNotFoundPage);
  EXPECT_TRUE(std::filesystem::is_directory(directory_.Sub("sda/tmp")));
  Create();
  EXPECT_EQ(Status("[\"frobnicate\"]"), 400);
  EXPECT_EQ(Status("[\"merge_syncs\", []]"), 202);
}

TEST_F(ReplicateServiceTest, LinesNameTheTransaction) {
  HttpRequest request = Request("/sda/7", "nope");
  request.head.headers.Add("X-Trans-Id", "tx123");
  service().Handle(request);
  request.head.target = Target();
  service().Handle(request);
  ASSERT_EQ(log_.size(), 2U);
  for (const std::string& line : log_) EXPECT_TRUE(line.ends_with(" (txn: tx123)")) << line;
  Ask("nope");
  EXPECT_EQ(log_.back().find("txn"), std::string::npos) << log_.back();
}

TEST_F(ReplicateServiceTest, FullDeviceIs507) {
  Create();
  ReplicateOptions options = Options();
  options.fallocate_reserve = {1e18, false};
  EXPECT_EQ(
      ReplicateService(options).Handle(Request(Target(), "[\"merge_syncs\", []]")).head.status,
      507);
  options.fallocate_reserve = {100.5, true};
  EXPECT_EQ(
      ReplicateService(options).Handle(Request(Target(), "[\"merge_syncs\", []]")).head.status,
      507);
}

TEST_F(ReplicateServiceTest, MountCheckWantsMountPointsOrStubs) {
  Create();
  ReplicateOptions options = Options();
  options.mount_check = true;
  const ReplicateService checking(options);
  const HttpRequest request = Request(Target(), "[\"merge_syncs\", []]");
  EXPECT_EQ(checking.Handle(request).head.status, 507);
  std::filesystem::create_directory(directory_.Sub("sda/.ismount"));
  EXPECT_EQ(checking.Handle(request).head.status, 507) << "a directory is no stub";
  std::filesystem::remove(directory_.Sub("sda/.ismount"));
  std::ofstream(directory_.Sub("sda/.ismount")).close();
  EXPECT_EQ(checking.Handle(request).head.status, 202);
}

TEST_F(ReplicateServiceTest, OneKeyForADatabase) {
  const WorkOrder small = service().OrderFor(Request(Target(), "[\"sync\"]"));
  EXPECT_EQ(small.key, StrCat("sda/", hash_));
  EXPECT_EQ(small.length, JobLength::kShort);
  EXPECT_EQ(service().OrderFor(Request(StrCat("/sda/8/", hash_), "[\"complete_rsync\", 1]")).key,
            small.key);
  EXPECT_EQ(service().OrderFor(Request(Target(), "[\"rsync_then_merge\", 1]")).length,
            JobLength::kLong);
  EXPECT_EQ(service().OrderFor(Request(Target(), std::string(70'000, ' '))).length,
            JobLength::kLong);
  EXPECT_EQ(service().OrderFor(Request("/bad", "")).key, "/bad");
}

TEST_F(ReplicateServiceTest, SyncAnswersTheStateBeforeAndMerges) {
  Create();
  const std::string later = StrCat('"', At(-200), "\", \"", At(-10), "\", \"0\"");
  const auto first =
      Ask(Sync("3", "another", later, R"("{\"X-A\": [\"b\", \"1700000000.00000\"]}")"));
  ASSERT_EQ(first.head.status, 200) << first.body;
  EXPECT_EQ(*first.head.headers.Find("Content-Type"), "text/html; charset=UTF-8");
  const JsonValue before = ParseJson(first.body).value();
  EXPECT_EQ(*before.Find("put_timestamp")->AsString(), At(-100));
  EXPECT_EQ(*before.Find("metadata")->AsString(), "");
  EXPECT_EQ(*before.Find("point")->AsInt(), -1);
  EXPECT_EQ(before.AsObject()->back().first, "point");
  const JsonValue after = ParseJson(Ask(Sync("3", "another", later)).body).value();
  EXPECT_EQ(*after.Find("put_timestamp")->AsString(), At(-10));
  EXPECT_EQ(*after.Find("created_at")->AsString(), At(-200));
  EXPECT_EQ(*after.Find("metadata")->AsString(), R"({"X-A": ["b", "1700000000.00000"]})");
}

TEST_F(ReplicateServiceTest, EqualHashesRaiseThePoint) {
  Create();
  EXPECT_EQ(*ParseJson(Ask(Sync("7", kZeroHash, Times())).body)->Find("point")->AsInt(), 7);
  EXPECT_EQ(*ParseJson(Ask(Sync("3", kZeroHash, Times())).body)->Find("point")->AsInt(), 7);
  EXPECT_EQ(Query(Path(), "SELECT remote_id, sync_point FROM incoming_sync"),
            std::vector<std::string>{"peer|7"});
  EXPECT_EQ(*ParseJson(Ask(Sync("9", "other", Times())).body)->Find("point")->AsInt(), 7);
}

TEST_F(ReplicateServiceTest, BetterStoragePolicyIsAdoptedBeforeAnswering) {
  Create();
  const std::string claim = StrCat("\"\", \"", At(-150), "\", 0, 2");
  const auto answer = ParseJson(Ask(Sync("1", "x", Times(), claim)).body).value();
  EXPECT_EQ(*answer.Find("storage_policy_index")->AsInt(), 2);
  EXPECT_EQ(*answer.Find("status_changed_at")->AsString(), At(0));
  const std::string worse = StrCat("\"\", \"", At(50), "\", 0, 1");
  const auto again = ParseJson(Ask(Sync("1", "x", Times(), worse)).body).value();
  EXPECT_EQ(*again.Find("storage_policy_index")->AsInt(), 2);
  const std::string cut_short = StrCat("\"\", \"", At(-200), "\", 0");
  EXPECT_EQ(Status(Sync("1", "x", Times(), cut_short)), 200);
}

TEST_F(ReplicateServiceTest, BadMetadataTextIsLoggedAndIgnored) {
  Create();
  EXPECT_EQ(Status(Sync("1", "x", Times(), "\"{nope\"")), 200);
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find("Unable to decode remote metadata '{nope'"), std::string::npos);
}

TEST_F(ReplicateServiceTest, LostTableIsQuarantinedAndNotFound) {
  Create();
  Execute(Path(), "DROP VIEW container_stat; DROP TABLE object");
  EXPECT_EQ(Ask(Sync("1", "x", Times())).body, kNotFoundPage);
  EXPECT_TRUE(
      std::filesystem::exists(directory_.Sub(StrCat("sda/quarantined/containers/", hash_))));
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(ReplicateServiceTest, GarbageIsQuarantinedAnd500) {
  Create();
  std::ofstream(Path(), std::ios::trunc) << std::string(8192, 'x');
  EXPECT_EQ(Status(Sync("1", "x", Times())), 500);
  EXPECT_TRUE(
      std::filesystem::exists(directory_.Sub(StrCat("sda/quarantined/containers/", hash_))));
  EXPECT_EQ(Status(Sync("1", "x", Times())), 404);
}

TEST_F(ReplicateServiceTest, LinksInThePlaceOfDatabasesAreNotFollowed) {
  Create();
  const std::string elsewhere = directory_.Sub("elsewhere.db");
  std::filesystem::rename(Path(), elsewhere);
  std::filesystem::create_symlink(elsewhere, Path());
  EXPECT_EQ(Status("[\"merge_syncs\", [{\"remote_id\": \"x\", \"sync_point\": 1}]]"), 500);
  EXPECT_TRUE(Query(elsewhere, "SELECT * FROM incoming_sync").empty());
  std::filesystem::remove(Path());
  const std::string parent = std::filesystem::path(Path()).parent_path();
  std::filesystem::rename(elsewhere, Path());
  std::filesystem::rename(parent, directory_.Sub("elsewhere"));
  std::filesystem::create_directory_symlink(directory_.Sub("elsewhere"), parent);
  EXPECT_EQ(Status("[\"merge_syncs\", []]"), 500);
}

TEST_F(ReplicateServiceTest, MergesRowsWithTheirSource) {
  Create();
  const auto merged = Ask(StrCat("[\"merge_items\", [", Row(4, "o", At(-9)), "], \"peer\"]"));
  EXPECT_EQ(merged.head.status, 202);
  EXPECT_EQ(merged.body, kAcceptedPage);
  EXPECT_EQ(Query(Path(), "SELECT name FROM object"), std::vector<std::string>{"o"});
  EXPECT_EQ(Query(Path(), "SELECT sync_point FROM incoming_sync"), std::vector<std::string>{"4"});
  EXPECT_EQ(Status(StrCat("[\"merge_items\", [", Row(5, "p", At(-9)), "], null]")), 202);
  EXPECT_EQ(Status("[\"merge_items\", [], \"peer\"]"), 400);
}

TEST_F(ReplicateServiceTest, ShardRangesComeAndGo) {
  Create();
  const std::string range = StrCat(R"({"name": ".shards_a/c-1", "timestamp": ")", At(-5),
                                   R"(", "lower": "", "upper": "m", )",
                                   R"("object_count": 1, "bytes_used": 2, "meta_timestamp": ")",
                                   At(-5), R"(", "deleted": 0, "state": 40, "state_timestamp": ")",
                                   At(-5), R"(", "epoch": null, "reported": 0, "tombstones": -1})");
  EXPECT_EQ(Status(StrCat("[\"merge_shard_ranges\", [", range, "], \"peer\"]")), 202);
  EXPECT_EQ(Status("[\"merge_shard_ranges\", [], \"peer\"]"), 202);
  const auto ranges = Ask("[\"get_shard_ranges\"]");
  EXPECT_EQ(ranges.head.status, 200);
  EXPECT_EQ(*ranges.head.headers.Find("Content-Type"), "application/json");
  EXPECT_EQ(ranges.body, StrCat("[", range, "]"));
}

// docs/decisions/0007.
TEST_F(AccountServiceTest, UnchangedRowsAreRenewedForEverybodyWhileSwiftReplicatorsAsk) {
  Create();
  const std::string merge = StrCat("[\"merge_items\", [", Row(1, "c1", At(-50)), "], \"peer\"]");
  const auto row_id_after = [&](const HttpRequest& request) {
    EXPECT_EQ(service().Handle(request).head.status, 202);
    return Query(Path(), "SELECT ROWID FROM container").front();
  };
  HttpRequest of_ours = Request(Target(), merge);
  of_ours.head.headers.Add(kOwnPeerHeader, kOwnPeerVersion);
  const HttpRequest of_swift = Request(Target(), merge);
  EXPECT_EQ(row_id_after(of_ours), "1");
  EXPECT_EQ(row_id_after(of_ours), "1");
  EXPECT_EQ(row_id_after(of_swift), "2");
  EXPECT_EQ(row_id_after(of_ours), "3");
  clock_.Advance(SwiftReplicators::kRemembered - std::chrono::seconds(1));
  EXPECT_EQ(row_id_after(of_ours), "4") << "none of ours counts as Swift's";
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(row_id_after(of_ours), "4");
}

TEST_F(AccountServiceTest, HasNoShardRanges) {
  Create();
  EXPECT_EQ(Status("[\"get_shard_ranges\"]"), 400);
  EXPECT_EQ(Status("[\"merge_shard_ranges\", [], \"x\"]"), 400);
  EXPECT_EQ(Status("[\"merge_items\", [], \"peer\"]"), 202);
  const auto info = ParseJson(Ask(StrCat("[\"sync\", 1, \"x\", \"peer\", \"", At(-100), "\", \"",
                                         At(-100), "\", \"0\", \"\", \"\", 1, 5]"))
                                  .body);
  EXPECT_EQ(info->Find("shard_max_row"), nullptr);
  EXPECT_EQ(*info->Find("max_row")->AsInt(), -1);
}

}  // namespace
}  // namespace dbrepl
