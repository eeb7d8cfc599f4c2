#include "replicator/post_visit.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "broker/create.h"
#include "common/strings.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

// Devices 0 to 3 are sda to sdd; sdb is being drained. Partition p has replicas on devices p % 4
// and (p + 1) % 4.
std::shared_ptr<const Ring> FourDevices() {
  RingData data;
  data.part_shift = 32 - 4;
  data.rows.resize(2);
  for (DeviceId id = 0; id < 4; ++id) {
    Device device;
    device.id = id;
    device.device = StrCat("sd", "abcd"[id]);
    device.weight = id == 1 ? 0 : 1;
    device.zone = id;
    device.replication_ip = "127.0.0.1";
    device.replication_port = 6201;
    data.devices.emplace_back(device);
  }
  for (DeviceId partition = 0; partition < 16; ++partition) {
    data.rows[0].push_back(partition % 4);
    data.rows[1].push_back((partition + 1) % 4);
  }
  return Ring::Create(std::move(data)).value();
}

TEST(ReconcilerContainer, IsTheHourOfTheLatestChange) {
  const struct {
    const char* created_at;
    const char* container;
  } cases[] = {
      {"1700002800.00000", "1700002800"},
      {"1700002799.99999", "1699999200"},
      {"1700006399.99999", "1700002800"},
      {"0000000001.00000", "0"},
      {"1700002800.00000_0000000000000007", "1700002800"},
      // Data, content type one hour later, metadata another hour later: 0x15752a00 units are 3600
      // s.
      {"1700002800.00000+15752a00+15752a00", "1700010000"},
      {"1700002800.00000+0+0", "1700002800"},
  };
  for (const auto& it : cases)
    EXPECT_EQ(ReconcilerContainer(it.created_at).value(), it.container) << it.created_at;
  EXPECT_EQ(ReconcilerContainer("yesterday").error().code, Errc::kBadInput);
}

TEST(ReconcilerEntry, IsSwiftsQueueEntry) {
  const ObjectRow row{.name = "a/b:c",
                      .created_at = "1700002800.00000+1+1",
                      .size = 17,
                      .content_type = "text/plain",
                      .etag = "d41d",
                      .deleted = 0,
                      .storage_policy_index = 2};
  const ObjectRow expected{.name = "2:/AUTH_x/pictures/a/b:c",
                           .created_at = "1700002800.00000+1+1",
                           .size = 0,
                           .content_type = "application/x-put",
                           .etag = "1700002800.00000+1+1",
                           .deleted = 0,
                           .storage_policy_index = 0};
  EXPECT_EQ(ReconcilerEntry(row, "AUTH_x/pictures").row, expected);
  ObjectRow tombstone = row;
  tombstone.deleted = 1;
  EXPECT_EQ(ReconcilerEntry(tombstone, "AUTH_x/pictures").row.content_type, "application/x-delete");
  EXPECT_EQ(ReconcilerEntry(tombstone, "AUTH_x/pictures").row.deleted, 0);
}

TEST(LocalHandoff, PrefersPrimariesThenWeight) {
  const auto ring = FourDevices();
  SeededRandom random(1);
  const PartitionId partition(4);  // of sda and sdb
  const auto choices = [&](const std::vector<DeviceId>& local) {
    std::set<std::string> names;
    for (int round = 0; round < 50; ++round) {
      const Device* device = LocalHandoff(*ring, partition, local, random);
      names.insert(device == nullptr ? "none" : device->device);
    }
    return names;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(choices({3, 1, 0}), Names{"sda"}) << "the first primary of the ring's order";
  EXPECT_EQ(choices({3, 1}), Names{"sdb"}) << "a primary, although drained";
  EXPECT_EQ(choices({2, 3}), (Names{"sdc", "sdd"}));
  EXPECT_EQ(choices({}), Names{"none"});
  EXPECT_EQ(choices({17}), Names{"none"}) << "not in the ring any more";
  const PartitionId other(6);  // of sdc and sdd
  EXPECT_EQ(LocalHandoff(*ring, other, {1}, random)->device, "sdb")
      << "drained is better than none";
  for (int round = 0; round < 50; ++round)
    EXPECT_EQ(LocalHandoff(*ring, other, {1, 0}, random)->device, "sda");
}

class PostVisitTest : public testing::Test {
 protected:
  PostVisitTest() : PostVisitTest(std::make_unique<TempDir>(TempDir::kInMemory)) {}
  explicit PostVisitTest(std::unique_ptr<TempDir> directory) : directory_(std::move(directory)) {
    LogOptions log;
    log.to_syslog = false;
    log.level = "INFO";
    log.listener = [this](LogLevel, std::string_view line) { log_.emplace_back(line); };
    options_.logger = MakeLogger(log).value();
    options_.devices = directory_->path();
    options_.hash_path = {"pre", "suf"};
    options_.random = &random_;
    options_.per_diff = 2;
    Create(path_, "a", "c");
  }

  static void Create(const std::string& path, const std::string& account,
                     const std::string& container) {
    NewDatabase database;
    database.path = path;
    database.account = account;
    database.container = container;
    database.put_timestamp = "1700000000.00000";
    CHECK(CreateDatabase(database, SystemClock(), SystemRandom()));
  }
  static ObjectItem Row(const std::string& name, int seconds, std::int64_t policy,
                        std::int64_t deleted = 0) {
    ObjectItem item;
    item.row.name = name;
    item.row.created_at = StrCat(1'700'000'000 + seconds, ".00000");
    item.row.deleted = deleted;
    item.row.storage_policy_index = policy;
    return item;
  }
  // Rows 1, 2, ...: every second one of policy 1, which is not the container's; half an hour apart.
  void PutRows(int count) {
    std::vector<ObjectItem> rows;
    for (int i = 1; i <= count; ++i) rows.push_back(Row(StrCat("o", i), 1800 * i, i % 2));
    ASSERT_TRUE(broker_.MergeItems(rows));
  }
  Result<> Hook(PostVisit& hook, const std::vector<bool>& responses = {true, true}) {
    const auto info = broker_.GetReplicationInfo();
    TRY_ASSIGN(const auto point, hook.AfterPeers(*ring_, broker_, *info, responses));
    return point ? broker_.UpdateReconcilerSync(*point) : Result<>();
  }
  PostVisit MakeHook() { return PostVisit(options_, local_, stop_.get_token()); }
  // All queue databases on all devices: "<container>: <names>" sorted, read like any container.
  std::vector<std::string> Queues() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_->path())) {
      if (entry.path().extension() != ".db" || entry.path() == path_) continue;
      ContainerBroker queue(entry.path().string());
      const auto info = queue.GetInfo();
      EXPECT_EQ(info->account, ".misplaced_objects");
      std::string line = StrCat(info->container, ":");
      const auto rows = ObjectItemsOf(queue);
      for (const std::string& name : rows) line += StrCat(" ", name);
      found.push_back(line);
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  static std::vector<std::string> ObjectItemsOf(ContainerBroker& broker) {
    const auto page = broker.ItemsSince(-1, 1000);
    std::vector<std::string> names;
    const auto rows = ParseJson(page->rows);
    for (const JsonValue& row : *rows->AsArray()) names.push_back(*row.Find("name")->AsString());
    return names;
  }
  std::vector<std::string> LogWith(std::string_view text) const {
    std::vector<std::string> lines;
    for (const std::string& line : log_)
      if (line.find(text) != std::string::npos) lines.push_back(line);
    return lines;
  }

  const std::unique_ptr<TempDir> directory_;
  const std::shared_ptr<const Ring> ring_ = FourDevices();
  SeededRandom random_{7};
  PassOptions options_;
  std::stop_source stop_;
  std::vector<DeviceId> local_ = {0, 1, 2, 3};
  std::vector<std::string> log_;
  const std::string path_ = directory_->Sub("sda/containers/1/abc/0abc/0abc.db");
  ContainerBroker broker_{path_};
};

TEST_F(PostVisitTest, WithOnePolicyThePointFollowsWithoutAMajority) {
  ASSERT_TRUE(broker_.MergeItems({Row("o1", 1, 0), Row("o2", 2, 0)}));
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook, {false, false}));
  EXPECT_EQ(*broker_.GetReconcilerSync(), 2);
  EXPECT_EQ(Queues(), std::vector<std::string>{});
}

TEST_F(PostVisitTest, MisplacedRowsAreQueuedByTheHour) {
  PutRows(7);
  ASSERT_TRUE(broker_.MergeItems({Row("gone", 1800, 1, 1)}));
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  EXPECT_EQ(Queues(),
            (std::vector<std::string>{"1699999200: 1:/a/c/o1 1:/a/c/gone", "1700002800: 1:/a/c/o3",
                                      "1700006400: 1:/a/c/o5", "1700010000: 1:/a/c/o7"}));
  EXPECT_EQ(*broker_.GetReconcilerSync(), 8) << "the last misplaced row";
  ASSERT_TRUE(broker_.MergeItems({Row("o9", 1, 0)}));
  ASSERT_TRUE(Hook(hook));
  EXPECT_EQ(*broker_.GetReconcilerSync(), 9) << "nothing was misplaced beyond";
}

TEST_F(PostVisitTest, ThePointMovesOnlyWithAMajority) {
  PutRows(3);
  const struct {
    std::vector<bool> responses;
    bool moves;
  } cases[] = {
      {{}, false},
      {{false}, false},
      {{true, false}, false},
      {{true, false, false}, false},
      {{true, true, false, false}, false},
      {{true, true, false}, true},
      {{true}, true},
      {{true, true, true, false}, true},
  };
  for (const auto& it : cases) {
    ASSERT_TRUE(broker_.UpdateReconcilerSync(-1));
    PostVisit hook = MakeHook();
    ASSERT_TRUE(Hook(hook, it.responses));
    EXPECT_EQ(*broker_.GetReconcilerSync(), it.moves ? 3 : -1) << it.responses.size();
    EXPECT_EQ(Queues().size(), 2U) << "rows are queued in any case";
  }
}

TEST_F(PostVisitTest, AShardQueuesForItsRoot) {
  ASSERT_TRUE(broker_.UpdateMetadata(
      {{"X-Container-Sysmeta-Shard-Quoted-Root", "a/my%20root", "1700000001.00000"}}));
  PutRows(1);
  ASSERT_TRUE(broker_.MergeItems({Row("right", 1, 0)}));
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  EXPECT_EQ(Queues(), std::vector<std::string>{"1699999200: 1:/a/my root/o1"});
}

TEST_F(PostVisitTest, HasNothingToDoOnlyWhereItWouldChangeNothing) {
  ReplicationInfo info;
  info.max_row = 7;
  const Metadata plain = {{"X-Container-Meta-A", "b", "1700000001.00000"}};
  const Metadata synced = {{"X-Container-Sync-Key", "", "1700000001.00000"}};
  EXPECT_TRUE(PostVisit::HasNothingToDo(info, 7, plain));
  EXPECT_FALSE(PostVisit::HasNothingToDo(info, 6, plain)) << "rows came in";
  EXPECT_FALSE(PostVisit::HasNothingToDo(info, 7, synced)) << "the link may have to go";
}

TEST_F(PostVisitTest, TheReconcilersOwnDatabasesAreLeftAlone) {
  const std::string path = directory_->Sub("sda/containers/2/abc/1abc/1abc.db");
  Create(path, ".misplaced_objects", "1700000000");
  ContainerBroker queue(path);
  ASSERT_TRUE(queue.UpdateMetadata({{"X-Container-Sync-To", "//r/c/a/c", "1700000001.00000"},
                                    {"X-Container-Sync-Key", "k", "1700000001.00000"}}));
  ASSERT_TRUE(queue.MergeItems({Row("x", 1, 0), Row("y", 1, 1)}));
  PostVisit hook = MakeHook();
  const auto point = hook.AfterPeers(*ring_, queue, *queue.GetReplicationInfo(), {true});
  ASSERT_TRUE(point);
  EXPECT_FALSE(*point);
  EXPECT_FALSE(std::filesystem::exists(directory_->Sub("sda/sync_containers")));
}

TEST_F(PostVisitTest, TheSyncStoreIsKept) {
  ASSERT_TRUE(broker_.UpdateMetadata({{"X-Container-Sync-To", "//r/c/a/c", "1700000001.00000"},
                                      {"X-Container-Sync-Key", "k", "1700000001.00000"}}));
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  const std::string link = directory_->Sub("sda/sync_containers/1/abc/0abc/0abc.db");
  EXPECT_EQ(std::filesystem::read_symlink(link), path_);
}

TEST_F(PostVisitTest, ThePointStaysBeforeARowThatCannotBeQueued) {
  PutRows(7);  // misplaced: 1, 3, 5, 7
  {
    const auto connection = Connection::Open(path_, {});
    ASSERT_TRUE(connection);
    ASSERT_TRUE((*connection)->Execute("UPDATE object SET created_at = 'bad' WHERE name = 'o5'"));
  }
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  EXPECT_EQ(*broker_.GetReconcilerSync(), 3) << "the end of the batch before";
  EXPECT_EQ(Queues().size(), 3U) << "the others are queued";
  ASSERT_EQ(LogWith("row 5 cannot be handed to the reconciler").size(), 1U);
}

TEST_F(PostVisitTest, WithoutALocalDeviceNothingIsForgotten) {
  PutRows(1);
  ASSERT_TRUE(broker_.MergeItems({Row("right", 1, 0)}));
  local_.clear();
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  EXPECT_EQ(*broker_.GetReconcilerSync(), -1);
  EXPECT_EQ(LogWith("Failed to get reconciler broker for container 1699999200: Cannot find local "
                    "handoff; no local devices")
                .size(),
            1U);
}

TEST_F(PostVisitTest, TwoNodesQueueTheSameRowsAsOne) {
  PutRows(3);
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  const std::vector<std::string> once = Queues();
  ASSERT_TRUE(broker_.UpdateReconcilerSync(-1));
  PostVisit again = MakeHook();
  ASSERT_TRUE(Hook(again));
  EXPECT_EQ(Queues().size() >= once.size(), true);
  // The other node's replicas: what was queued there comes as rows of a peer.
  std::vector<FoundDatabase> filled;
  hook.AfterWalk([&](const std::vector<FoundDatabase>& databases) {
    if (filled.empty()) filled = databases;
  });
  ASSERT_EQ(filled.size(), 2U);
  for (const FoundDatabase& database : filled) {
    ContainerBroker queue(database.path);
    const auto before = queue.GetReplicationInfo();
    const auto rows = queue.ItemsSince(-1, 100);
    ASSERT_TRUE(queue.MergeItemsJson(rows->rows, std::nullopt));
    const auto after = queue.GetReplicationInfo();
    EXPECT_EQ(after->hash, before->hash);
    EXPECT_EQ(after->count, 1);
    EXPECT_EQ(after->max_row, before->max_row) << "an equal row is not written again";
  }
}

TEST_F(PostVisitTest, RemovalOfAQueueWaitsForTheEndOfThePass) {
  PutRows(1);
  PostVisit hook = MakeHook();
  ReplicationInfo ordinary;
  ordinary.account = "a";
  ReplicationInfo queue;
  queue.account = ".misplaced_objects";
  const FoundDatabase first{PartitionId(1), "/d/1.db", 0};
  const FoundDatabase second{PartitionId(2), "/d/2.db", 1};
  EXPECT_TRUE(hook.MayRemove(ordinary, first));
  EXPECT_FALSE(hook.MayRemove(queue, first));
  std::vector<std::vector<std::string>> rounds;
  hook.AfterWalk([&](const std::vector<FoundDatabase>& databases) {
    std::vector<std::string> paths;
    for (const FoundDatabase& database : databases) paths.push_back(database.path);
    // Found to be removable while queues are replicated: still too early. Afterwards it may go.
    EXPECT_EQ(hook.MayRemove(queue, second), !rounds.empty());
    rounds.push_back(paths);
  });
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0], std::vector<std::string>{});
  EXPECT_EQ(rounds[1], (std::vector<std::string>{"/d/1.db", "/d/2.db"}));
  EXPECT_EQ(LogWith("Replicating 0 reconciler containers").size(), 1U);
  EXPECT_EQ(LogWith("Cleaning up 2 reconciler containers").size(), 1U);
  EXPECT_EQ(LogWith("Finished reconciler replication").size(), 1U);
}

TEST_F(PostVisitTest, APassWithoutMisplacedRowsSaysNothingOfThem) {
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  hook.AfterWalk([](const std::vector<FoundDatabase>&) { ADD_FAILURE() << "nothing to visit"; });
  EXPECT_EQ(log_, std::vector<std::string>{});
}

TEST_F(PostVisitTest, AStopLeavesTheRestForTheNextPass) {
  PutRows(7);
  stop_.request_stop();
  PostVisit hook = MakeHook();
  ASSERT_TRUE(Hook(hook));
  EXPECT_EQ(*broker_.GetReconcilerSync(), -1);
}

TEST_F(PostVisitTest, ManyWorkersFillOneQueue) {
  ReconcilerQueue queue(options_, local_);
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(queue.Add(*ring_, "1699999200", {Row(StrCat(thread, "-", i), 1, 0)}));
    });
  }
  threads.clear();
  const auto databases = queue.Databases();
  ASSERT_EQ(databases.size(), 1U);
  EXPECT_EQ(ContainerBroker(databases[0].path).GetInfo()->count, 40);
  EXPECT_EQ(Queues().size(), 1U);
}

}  // namespace
}  // namespace dbrepl
