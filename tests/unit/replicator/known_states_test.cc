#include "replicator/answer/known_states.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "replicator/shared/own_peer.h"
#include "tests/unit/replicator/service_fixture.h"

namespace dbrepl {
namespace {

ReplicationState State(const std::string& id, std::int64_t point) {
  ReplicationState state;
  state.info.id = id;
  state.incoming_point = point;
  return state;
}

DatabaseTag Tag(std::uint32_t counter) {
  DatabaseTag tag;
  tag.change_counter = counter;
  return tag;
}

TEST(KnownStates, FindsWhatWasReadUnderTheSameTagForThatPeer) {
  KnownStates states(1 << 20);
  EXPECT_FALSE(states.Find("/a", Tag(1), "peer"));
  states.Remember("/a", Tag(1), "peer", State("id", 5));
  const auto found = states.Find("/a", Tag(1), "peer");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->info.id, "id");
  EXPECT_EQ(found->incoming_point, 5);
  EXPECT_FALSE(states.Find("/a", Tag(2), "peer"));
  EXPECT_FALSE(states.Find("/b", Tag(1), "peer"));
  EXPECT_FALSE(states.Find("/a", Tag(1), "other"));
}

TEST(KnownStates, KeepsPointsOfSeveralPeersUntilTheTagChanges) {
  KnownStates states(1 << 20);
  states.Remember("/a", Tag(1), "p", State("id", 5));
  states.Remember("/a", Tag(1), "q", State("id", 6));
  EXPECT_EQ(states.Find("/a", Tag(1), "p")->incoming_point, 5);
  EXPECT_EQ(states.Find("/a", Tag(1), "q")->incoming_point, 6);
  states.Remember("/a", Tag(2), "q", State("id", 7));
  EXPECT_FALSE(states.Find("/a", Tag(1), "p"));
  EXPECT_FALSE(states.Find("/a", Tag(2), "p"));
  EXPECT_EQ(states.Find("/a", Tag(2), "q")->incoming_point, 7);
}

TEST(KnownStates, InventedPeersDoNotAddUp) {
  KnownStates states(1 << 20);
  states.Remember("/a", Tag(1), "first", State("id", 5));
  const std::size_t one = states.bytes();
  for (int i = 0; i < 1000; ++i) states.Remember("/a", Tag(1), StrCat("peer", i), State("id", i));
  EXPECT_LT(states.bytes(), 3 * one);
  EXPECT_FALSE(states.Find("/a", Tag(1), "first"));
  EXPECT_TRUE(states.Find("/a", Tag(1), "peer999"));
}

TEST(KnownStates, WhatNobodyAskedForLongestGoesFirst) {
  KnownStates states(8000);
  states.Remember("/kept", Tag(1), "peer", State("id", 1));
  for (int i = 0; i < 100; ++i) {
    states.Remember(StrCat("/", i), Tag(1), "peer", State("id", i));
    EXPECT_TRUE(states.Find("/kept", Tag(1), "peer"));
    EXPECT_LE(states.bytes(), 8000U);
  }
  EXPECT_FALSE(states.Find("/0", Tag(1), "peer"));
  EXPECT_TRUE(states.Find("/99", Tag(1), "peer"));
}

TEST(KnownStates, OneThatIsTooLargeIsNotKept) {
  KnownStates states(8000);
  ReplicationState large = State("id", 1);
  large.info.metadata = std::string(10000, 'x');
  states.Remember("/large", Tag(1), "peer", large);
  EXPECT_FALSE(states.Find("/large", Tag(1), "peer"));
  EXPECT_EQ(states.bytes(), 0U);
}

// Through the service: what is known is answered without a look into the database, and never once
// the database has changed.
class SyncAgainTest : public ServiceTest {
 protected:
  void SetUp() override {
    Create();
    ASSERT_EQ(Status(StrCat("[\"merge_items\", [", Row(1, "one", At(-50)), "], \"other\"]")), 202);
    ReplicateOptions options = Options();
    options.lock_timeout = std::chrono::milliseconds(20);
    impatient_ = std::make_unique<ReplicateService>(options);
  }

  // What `peer` sends whose database is the same as ours is now.
  std::string Sync(const std::string& peer = "peer") {
    const ReplicationInfo info = Broker(Path())->GetReplicationInfo().value();
    return StrCat("[\"sync\", 1, \"", info.hash, "\", \"", peer, "\", \"", info.created_at,
                  "\", \"", info.put_timestamp, "\", \"", info.delete_timestamp, "\", ",
                  DumpJson(JsonValue(info.metadata)), "]");
  }
  HttpResponse AskImpatient(const std::string& request) {
    return impatient_->Handle(Request(Target(), request));
  }
  std::string Answer(const std::string& request) {
    const HttpResponse response = AskImpatient(request);
    EXPECT_EQ(response.head.status, 200) << response.body;
    return response.body;
  }
  // The status while somebody else holds the database.
  int StatusWhileHeld(const std::string& request) {
    const auto holder = Connection::Open(Path()).value();
    EXPECT_TRUE(holder->Execute("BEGIN EXCLUSIVE"));
    const int status = AskImpatient(request).head.status;
    EXPECT_TRUE(holder->Execute("ROLLBACK"));
    return status;
  }
  // The first writes the sync point, the second is remembered.
  void Settle() {
    const std::string request = Sync();
    Answer(request);
    Answer(request);
  }

  std::unique_ptr<ReplicateService> impatient_;
};

TEST_F(SyncAgainTest, NothingIsOpenedWhenNothingHasChanged) {
  Settle();
  const std::string request = Sync();
  EXPECT_EQ(StatusWhileHeld(request), 200);
  EXPECT_EQ(Answer(request), service().Handle(Request(Target(), request)).body);
  EXPECT_EQ(StatusWhileHeld(Sync("unknown peer")), 503);
}

TEST_F(SyncAgainTest, WhatThePeerHasNewIsTakenOver) {
  const std::vector<std::pair<std::string, std::string>> replaced{
      {"\"sync\", 1", "\"sync\", 2"},
      {StrCat("\"", At(-100), "\", \"0\""), StrCat("\"", At(-90), "\", \"0\"")},
      {"\"0\", \"\"]",
       StrCat("\"0\", \"{\\\"X-Container-Meta-A\\\": [\\\"b\\\", \\\"", At(-80), "\\\"]}\"]")},
  };
  for (const auto& [from, to] : replaced) {
    Settle();
    std::string request = Sync();
    ASSERT_NE(request.find(from), std::string::npos) << request << " " << from;
    request.replace(request.find(from), from.size(), to);
    EXPECT_EQ(StatusWhileHeld(request), 503) << to;
    Answer(request);
  }
  const ReplicationInfo info = Broker(Path())->GetReplicationInfo().value();
  EXPECT_EQ(info.put_timestamp, At(-90));
  EXPECT_NE(info.metadata.find("X-Container-Meta-A"), std::string::npos);
  EXPECT_EQ(Broker(Path())->GetSync("peer", SyncDirection::kIncoming).value(), 2);
}

TEST_F(SyncAgainTest, EveryChangeOfTheDatabaseIsSeen) {
  const auto items = [&](const std::string& name) {
    return StrCat("[", Row(2, name, At(-40)), "]");
  };
  const std::vector<std::pair<std::string, std::function<void()>>> changes{
      {"rows", [&] { EXPECT_TRUE(Broker(Path())->MergeItemsJson(items("two"), "other")); }},
      {"metadata",
       [&] {
         EXPECT_TRUE(Broker(Path())->UpdateMetadata({{"X-Container-Meta-B", "c", At(-30)}}));
       }},
      {"timestamps", [&] { EXPECT_TRUE(Broker(Path())->UpdatePutTimestamp(At(-20))); }},
      {"sync point",
       [&] {
         EXPECT_TRUE(Broker(Path())->MergeSyncs({{"peer", 77}}, SyncDirection::kIncoming));
       }},
      {"pending record",
       [&] {
         ObjectItem item;
         item.row.name = "three";
         item.row.created_at = At(-10);
         item.row.content_type = item.row.etag = "x";
         EXPECT_TRUE(ContainerBroker(Path()).PutObject(item));
       }},
      {"same size, same second, another file",
       [&] {
         std::filesystem::copy_file(Path(), Path() + ".copy");
         Execute(Path() + ".copy", "UPDATE container_info SET id = 'other'");
         std::filesystem::rename(Path() + ".copy", Path());
       }},
      {"a file of an epoch",
       [&] {
         std::string epoch = Path();
         epoch.replace(epoch.rfind(".db"), 3, StrCat("_", At(-5), ".db"));
         std::filesystem::copy_file(Path(), epoch);
       }},
  };
  for (const auto& [what, change] : changes) {
    Settle();
    const std::string request = Sync();
    const std::string before = Answer(request);
    EXPECT_EQ(StatusWhileHeld(request), 200) << what;
    change();
    const std::string after = Answer(request);
    EXPECT_NE(after, before) << what;
    EXPECT_EQ(after, ReplicateService(Options()).Handle(Request(Target(), request)).body) << what;
  }
}

TEST_F(SyncAgainTest, AJournalIsNotPassedBy) {
  Settle();
  const std::string request = Sync();
  const auto writer = Connection::Open(Path()).value();
  ASSERT_TRUE(writer->Execute("BEGIN EXCLUSIVE"));
  EXPECT_EQ(AskImpatient(request).head.status, 200);
  std::ofstream(Path() + "-journal") << "x";  // it is about to write, or dies doing so
  EXPECT_EQ(AskImpatient(request).head.status, 503);
  std::filesystem::remove(Path() + "-journal");
  ASSERT_TRUE(writer->Execute("ROLLBACK"));
  EXPECT_EQ(AskImpatient(request).head.status, 200);
}

TEST_F(SyncAgainTest, ALogOfWritesAheadIsNotPassedBy) {
  Settle();
  const std::string request = Sync();
  {
    const auto writer = Connection::Open(Path()).value();
    ASSERT_TRUE(writer->Execute("PRAGMA journal_mode = WAL"));
    ASSERT_TRUE(writer->Execute("UPDATE container_info SET id = 'ahead'"));
  }
  EXPECT_NE(Answer(request).find("\"ahead\""), std::string::npos);
}

TEST_F(SyncAgainTest, ShardRangesAreSummedUpInEveryAnswer) {
  ShardRange range;
  range.name = ".shards_a/c-0";
  range.timestamp = range.meta_timestamp = range.state_timestamp = At(-60);
  range.state = ShardState::kCreated;
  ASSERT_TRUE(ContainerBroker(Path()).MergePeerShardRanges({range}));
  Settle();
  const HttpResponse response = AskImpatient(Sync());
  EXPECT_NE(response.head.headers.Find(kShardRangesHeader), nullptr);
}

TEST_F(SyncAgainTest, ADatabaseThatWentIsGone) {
  Settle();
  const std::string request = Sync();
  std::filesystem::remove(Path());
  EXPECT_EQ(AskImpatient(request).head.status, 404);
  std::filesystem::remove_all(std::filesystem::path(Path()).parent_path());
  EXPECT_EQ(AskImpatient(request).head.status, 404);
}

}  // namespace
}  // namespace dbrepl
