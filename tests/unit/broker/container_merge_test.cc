#include <random>

#include "broker/chexor.h"
#include "broker/pending_file.h"
#include "tests/unit/broker/container_fixture.h"

namespace dbrepl {
namespace {

constexpr char kAllRows[] =
    "SELECT ROWID, name, created_at, size, content_type, etag, deleted, storage_policy_index"
    " FROM object ORDER BY ROWID";
constexpr char kContents[] =
    "SELECT name, created_at, size, content_type, etag, deleted, storage_policy_index"
    " FROM object ORDER BY name, storage_policy_index";
constexpr char kPolicyStat[] = "SELECT * FROM policy_stat";
constexpr char kHash[] = "SELECT hash FROM container_info";

class ContainerMergeTest : public ContainerTest {
 protected:
  ContainerMergeTest() { Create(); }
};

// The hashes of swift-reference.md section 9, recorded from Swift.
TEST_F(ContainerMergeTest, HashOfTwoRows) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems(
      {Item("o1", "1700000001.00000"), Item("o2", "1700000002.00000_1+186a0+186a0")}));
  EXPECT_EQ(Query(kHash), Rows{"3939ece0587277eb2d81f81e9f292813"});
}

TEST_F(ContainerMergeTest, HashOfANameWithNulAndWideCharacters) {
  const std::string name("\0o\0\u00e9\U0001F600", 9);
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item(name, Time(5))}));
  EXPECT_EQ(Query(kHash), Rows{"1e113d296c3eb97ac6c65580c41ef79b"});
  EXPECT_EQ(Query("SELECT hex(name) FROM object"), Rows{"006F00C3A9F09F9880"});
  ExpectOk(broker.MergeItems({Item(name, Time(5))}));
  EXPECT_EQ(Query("SELECT ROWID FROM object"), Rows{"1"});
  ExpectOk(broker.MergeItems({Item(name, Time(6))}));
  EXPECT_EQ(Query("SELECT ROWID FROM object"), Rows{"2"});
}

// The sequence of swift-reference.md section 9, recorded from Swift.
TEST_F(ContainerMergeTest, RecordedSequence) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("o", Time(5), 10, "t/p", "e1")}));
  ExpectOk(broker.MergeItems({Deletion("o", Time(5))}));
  EXPECT_EQ(Query(kAllRows), Rows{"1|o|1700000005.00000|10|t/p|e1|0|0"});
  ObjectItem post = Item("o", Time(4), 77, "new/ct", "old");
  post.content_type_timestamp = Time(6);
  post.meta_timestamp = Time(7);
  ExpectOk(broker.MergeItems({post}));
  EXPECT_EQ(Query(kAllRows), Rows{"2|o|1700000005.00000+186a0+186a0|10|new/ct|e1|0|0"});
  ExpectOk(broker.MergeItems({Item("o", Time(8), 1, "t/q;swift_bytes=99", "e8")}));
  EXPECT_EQ(Query(kAllRows), Rows{"3|o|1700000008.00000|1|t/q;swift_bytes=99|e8|0|0"});
  ExpectOk(broker.MergeItems({WithPolicy(Item("o", Time(8) + "_1", 3, "t/q", "e9"), 1)}));
  ExpectOk(broker.MergeItems({Deletion("o", Time(10))}));
  EXPECT_EQ(Query(kAllRows), (Rows{"4|o|1700000008.00000_1|3|t/q|e9|0|1",
                                   "5|o|1700000010.00000|0|application/deleted|noetag|1|0"}));
  EXPECT_EQ(Query(kPolicyStat), (Rows{"0|0|0", "1|1|3"}));
}

TEST_F(ContainerMergeTest, CountsBytesAndHashFollowEveryChange) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("a", Time(1), 10), Item("b", Time(1), 20),
                              WithPolicy(Item("c", Time(1), 40), 2), Deletion("d", Time(1))}));
  EXPECT_EQ(Query(kPolicyStat), (Rows{"0|2|30", "2|1|40"}));
  ExpectOk(broker.MergeItems({Deletion("a", Time(2)), Item("b", Time(2), 25)}));
  EXPECT_EQ(Query(kPolicyStat), (Rows{"0|1|25", "2|1|40"}));
  ExpectOk(broker.MergeItems({Item("d", Time(2), 5), WithPolicy(Deletion("c", Time(2)), 2)}));
  EXPECT_EQ(Query(kPolicyStat), (Rows{"0|2|30", "2|0|0"}));
}

TEST_F(ContainerMergeTest, LooksUpMoreNamesThanFitOneQuery) {
  std::vector<ObjectItem> items;
  items.reserve(2100);
  for (int i = 0; i < 2100; ++i) items.push_back(Item("o" + std::to_string(i), Time(1)));
  auto broker = Broker();
  ExpectOk(broker.MergeItems(items));
  const Rows rows = Query(kAllRows);
  ASSERT_EQ(rows.size(), 2100U);
  ExpectOk(broker.MergeItems(items));
  EXPECT_EQ(Query(kAllRows), rows);
  for (ObjectItem& item : items) item.row.created_at = Time(2);
  ExpectOk(broker.MergeItems(items));
  EXPECT_EQ(Query("SELECT count(*), min(ROWID), max(ROWID) FROM object"), Rows{"2100|2101|4200"});
  EXPECT_EQ(Query(kPolicyStat), Rows{"0|2100|2100"});
}

TEST_F(ContainerMergeTest, AnUnchangedRowIsNotWrittenAgain) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({Item("a", Time(5)), Item("b", Time(5))}));
  const std::string before = ReadFile(Path(), 1U << 20U).value();
  ExpectOk(broker.MergeItems({Item("b", Time(4)), Item("a", Time(5))}));
  EXPECT_EQ(ReadFile(Path(), 1U << 20U).value(), before) << "not one byte of the file";
}

TEST_F(ContainerMergeTest, ASourcesSyncPointIsTheLastItemsAndNeverFalls) {
  auto broker = Broker();
  ObjectItem first = Item("a", Time(5));
  first.row_id = 70;
  ObjectItem last = Item("b", Time(5));
  last.row_id = 60;
  ExpectOk(broker.MergeItems({first, last}, "remote"));
  EXPECT_EQ(broker.GetSync("remote", SyncDirection::kIncoming).value(), 60);
  last.row_id = 50;
  ExpectOk(broker.MergeItems({last}, "remote"));
  EXPECT_EQ(broker.GetSync("remote", SyncDirection::kIncoming).value(), 60);
  EXPECT_EQ(Query("SELECT updated_at FROM incoming_sync"), Rows{"1700000000"});
}

TEST_F(ContainerMergeTest, ABatchFromASourceMustEndInAKnownRow) {
  auto broker = Broker();
  for (const auto& items : {std::vector<ObjectItem>{}, std::vector{Item("a", Time(5))}}) {
    const auto merged = broker.MergeItems(items, "remote");
    ASSERT_FALSE(merged.has_value());
    EXPECT_EQ(merged.error().code, Errc::kBadInput);
  }
  EXPECT_EQ(Query(kAllRows), Rows{});
  EXPECT_EQ(broker.GetSync("remote", SyncDirection::kIncoming).value(), -1);
}

TEST_F(ContainerMergeTest, OneBadItemLeavesTheDatabaseAsItWas) {
  auto broker = Broker();
  const auto merged = broker.MergeItems({Item("good", Time(5)), Item("bad", "junk")});
  ASSERT_FALSE(merged.has_value());
  EXPECT_EQ(merged.error().code, Errc::kBadInput);
  EXPECT_NE(merged.error().message.find("object \"bad\""), std::string::npos);
  EXPECT_EQ(Query(kAllRows), Rows{});
}

TEST_F(ContainerMergeTest, RowsFromPeersAsJson) {
  auto broker = Broker();
  ExpectOk(broker.MergeItemsJson(
      R"([{"ROWID": 7, "name": "\u0000o", "created_at": "1700000005.00000", "size": 3,
           "content_type": "t", "etag": "e", "deleted": 0, "storage_policy_index": 1},
          {"ROWID": 9, "name": "old", "created_at": "1700000005.00000", "size": "4",
           "content_type": "t", "etag": "e", "deleted": 1}])",
      "remote"));
  EXPECT_EQ(Query("SELECT hex(name), size, deleted, storage_policy_index FROM object"),
            (Rows{"006F|3|0|1", "6F6C64|4|1|0"}));
  EXPECT_EQ(broker.GetSync("remote", SyncDirection::kIncoming).value(), 9);
}

TEST_F(ContainerMergeTest, PendingTuplesOfAllGenerations) {
  const std::string pending = Path() + ".pending";
  const std::vector<SqlValue> fields = {"o",    Time(5),         std::int64_t{10}, "t/p",
                                        "e",    std::int64_t{0}, std::int64_t{1},  Time(6),
                                        Time(7)};
  for (std::size_t count = 5; count <= fields.size(); ++count) {
    std::vector<SqlValue> tuple(fields.begin(), fields.begin() + static_cast<long>(count));
    tuple[0] = "o" + std::to_string(count);
    ExpectOk(AppendPending(pending, PickleTuple(tuple)));
  }
  auto broker = Broker();
  EXPECT_EQ(broker.GetInfo().value().count, 1);
  EXPECT_EQ(Query("SELECT name, created_at, storage_policy_index FROM object"),
            (Rows{"o6|1700000005.00000|0", "o7|1700000005.00000|1", "o8|1700000005.00000+186a0+0|1",
                  "o9|1700000005.00000+186a0+186a0|1"}));
  EXPECT_EQ(ReadFile(pending, 1000).value(), "");
  EXPECT_EQ(warnings_.size(), 1U) << "the one with five fields";
}

TEST_F(ContainerMergeTest, PendingRecordsThatCannotBeMergedDoNotHoldUpTheOthers) {
  const std::string pending = Path() + ".pending";
  const std::int64_t zero = 0;
  ExpectOk(AppendPending(pending, PickleTuple({"bad", "junk", zero, "t", "e", zero})));
  ExpectOk(AppendPending(pending, PickleTuple({"bad", Time(5), zero, "t", SqlValue(), zero})));
  ExpectOk(AppendPending(pending, PickleTuple({"good", Time(5), zero, "t", "e", zero})));
  auto broker = Broker();
  ExpectOk(broker.CommitPending());
  EXPECT_EQ(Query("SELECT name FROM object"), Rows{"good"});
  EXPECT_EQ(warnings_.size(), 2U);
}

TEST_F(ContainerMergeTest, PutObjectGoesThroughThePendingFile) {
  auto broker = Broker();
  ObjectItem item = Item("o1", "1700000001.00000", 10, "text/plain", "etag1");
  ExpectOk(broker.PutObject(item));
  EXPECT_EQ(Query(kAllRows), Rows{});
  // Recorded from Swift, which also memoizes: swift-reference.md section 9.
  EXPECT_EQ(ReadFile(Path() + ".pending", 1000).value(),
            ":gAIoWAIAAABvMXEAWBAAAAAxNzAwMDAwMDAxLjAwMDAwcQFLClgKAAAAdGV4dC9wbGFpbnECWAUAAABldGFn"
            "MXEDSwBLAE5OdHEELg==");
  item.row.name = "o2";
  item.content_type_timestamp = Time(6);
  ExpectOk(broker.PutObject(item));
  ExpectOk(broker.CommitPending());
  EXPECT_EQ(Query("SELECT name, created_at FROM object"),
            (Rows{"o1|1700000001.00000", "o2|1700000001.00000+7a120+0"}));
}

// Equal times mean equal content, as in a cluster where each writer stamps what it writes.
ObjectItem RandomItem(std::mt19937& random) {
  const auto pick = [&random](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  const int data = pick(6);
  const int type = pick(6);
  ObjectItem item = Item("o" + std::to_string(pick(12)), Time(data), std::int64_t{data} * 10,
                         "type/" + std::to_string(type), "etag" + std::to_string(data));
  item.row.deleted = data % 2;
  item.row.storage_policy_index = pick(3);
  item.content_type_timestamp = Time(type);
  item.meta_timestamp = Time(pick(6));
  if (data > 2) item.row.content_type += ";swift_bytes=" + std::to_string(data);
  return item;
}

// Counts and hash as the rows themselves would have them.
void ExpectConsistent(const std::string& file) {
  EXPECT_EQ(Query(file,
                  "SELECT storage_policy_index, object_count, bytes_used FROM policy_stat"
                  " WHERE object_count != 0 OR bytes_used != 0"),
            Query(file,
                  "SELECT storage_policy_index, sum(1 - deleted), sum(size) FROM object"
                  " GROUP BY storage_policy_index HAVING sum(1 - deleted) OR sum(size)"));
  RowHash hash;
  for (const std::string& row : Query(file, "SELECT name || '-' || created_at FROM object")) {
    const auto dash = row.find('-');  // names have none
    hash.Toggle(row.substr(0, dash), row.substr(dash + 1));
  }
  EXPECT_EQ(Query(file, kHash), Rows{hash.Hex()});
}

TEST_F(ContainerMergeTest, OrderGroupingAndRepetitionDoNotMatter) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<ObjectItem> first, second, both;
    for (int i = 0; i < 20; ++i) first.push_back(RandomItem(random));
    for (int i = 0; i < 20; ++i) second.push_back(RandomItem(random));
    both = first;
    both.insert(both.end(), second.begin(), second.end());

    const auto merged = [&](const char* epoch,
                            const std::vector<std::vector<ObjectItem>>& batches) {
      const std::string file = Path(std::to_string(seed) + epoch);
      Create(std::to_string(seed) + epoch);
      ContainerBroker broker(file, options_, ContainerBroker::Files::kExactly);
      for (const auto& batch : batches) ExpectOk(broker.MergeItems(batch));
      ExpectConsistent(file);
      const Rows rows = dbrepl::Query(file, kAllRows);
      ExpectOk(broker.MergeItems(both));
      EXPECT_EQ(dbrepl::Query(file, kAllRows), rows) << "an unchanged row was written again";
      return dbrepl::Query(file, kContents);
    };
    const Rows expected = merged("1", {both});
    EXPECT_EQ(merged("2", {first, second}), expected);
    EXPECT_EQ(merged("3", {second, first}), expected);
  }
}

}  // namespace
}  // namespace dbrepl
