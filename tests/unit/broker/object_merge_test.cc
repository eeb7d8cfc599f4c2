#include "broker/object_merge.h"

#include <map>
#include <random>
#include <utility>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

// An object table in memory with the ROWIDs that SQLite would give.
class Table {
 public:
  struct Row {
    std::int64_t row_id;
    ObjectRow row;
    bool operator==(const Row&) const = default;
  };
  using Key = std::pair<std::string, std::int64_t>;

  void Merge(std::vector<ObjectItem> items) {
    std::vector<TimedObject> timed;
    timed.reserve(items.size());
    for (ObjectItem& item : items) timed.push_back(TimeObject(std::move(item)).value());
    ObjectMergePlan plan(std::move(timed));
    for (const std::string_view name : plan.Names()) {
      for (const auto& [key, row] : rows_) {
        if (key.first == name) plan.AddExisting({row.row_id, row.row});
      }
    }
    ASSERT_TRUE(plan.Decide().has_value());
    for (const StoredObject* old : plan.superseded()) {
      ASSERT_EQ(rows_.erase({old->row.name, old->row.storage_policy_index}), 1U);
    }
    for (const TimedObject* winner : plan.winners()) {
      const Key key{winner->row.name, winner->row.storage_policy_index};
      ASSERT_TRUE(rows_.emplace(key, Row{++last_row_id_, winner->row}).second);
    }
  }

  const std::map<Key, Row>& rows() const { return rows_; }
  const ObjectRow& row(const std::string& name, std::int64_t policy = 0) const {
    return rows_.at({name, policy}).row;
  }
  std::map<Key, ObjectRow> contents() const {
    std::map<Key, ObjectRow> contents;
    for (const auto& [key, row] : rows_) contents[key] = row.row;
    return contents;
  }

 private:
  std::map<Key, Row> rows_;
  std::int64_t last_row_id_ = 0;
};

// 1700000000 and some seconds, below a thousand.
std::string Time(int seconds) {
  const std::string digits = std::to_string(1000 + seconds);
  return "1700000" + digits.substr(1) + ".00000";
}

ObjectItem Item(std::string name, std::string created_at, std::int64_t size,
                std::string content_type, std::string etag) {
  ObjectItem item;
  item.row.name = std::move(name);
  item.row.created_at = std::move(created_at);
  item.row.size = size;
  item.row.content_type = std::move(content_type);
  item.row.etag = std::move(etag);
  return item;
}

ObjectItem Deletion(std::string name, std::string created_at) {
  ObjectItem item =
      Item(std::move(name), std::move(created_at), 0, "application/deleted", "noetag");
  item.row.deleted = 1;
  return item;
}

// The sequence of swift-reference.md section 9, recorded from Swift.
TEST(ObjectMergeTest, RecordedSequence) {
  Table table;
  table.Merge({Item("o", Time(5), 10, "t/p", "e1")});
  EXPECT_EQ(table.row("o").created_at, "1700000005.00000");

  table.Merge({Deletion("o", Time(5))});
  EXPECT_EQ(table.row("o").deleted, 0);
  EXPECT_EQ(table.rows().at({"o", 0}).row_id, 1);

  ObjectItem post = Item("o", Time(4), 77, "new/ct", "old");
  post.content_type_timestamp = Time(6);
  post.meta_timestamp = Time(7);
  table.Merge({post});
  EXPECT_EQ(table.row("o").created_at, "1700000005.00000+186a0+186a0");
  EXPECT_EQ(table.row("o").content_type, "new/ct");
  EXPECT_EQ(table.row("o").etag, "e1");
  EXPECT_EQ(table.row("o").size, 10);

  table.Merge({Item("o", Time(8), 1, "t/q;swift_bytes=99", "e8")});
  EXPECT_EQ(table.row("o").created_at, "1700000008.00000");
  EXPECT_EQ(table.row("o").content_type, "t/q;swift_bytes=99");
  EXPECT_EQ(table.row("o").etag, "e8");

  ObjectItem other_policy = Item("o", Time(8) + "_1", 3, "t/q", "e9");
  other_policy.row.storage_policy_index = 1;
  table.Merge({other_policy});
  EXPECT_EQ(table.rows().size(), 2U);

  table.Merge({Deletion("o", Time(10))});
  EXPECT_EQ(table.row("o", 0).deleted, 1);
  EXPECT_EQ(table.row("o", 0).created_at, "1700000010.00000");
  EXPECT_EQ(table.row("o", 1).etag, "e9");
  EXPECT_EQ(table.row("o", 1).created_at, "1700000008.00000_1");
}

struct ComponentCase {
  const char* what;
  int data, type, meta;  // the item's times; the existing row has 10, 20, 30
  bool data_wins, type_wins, meta_wins;
};

TEST(ObjectMergeTest, EachComponentIsMergedByItsOwnTime) {
  constexpr ComponentCase kCases[] = {
      {"all older", 9, 19, 29, false, false, false},
      {"all equal", 10, 20, 30, false, false, false},
      {"data newer", 11, 20, 30, true, false, false},
      {"type newer", 10, 21, 30, false, true, false},
      {"meta newer", 10, 20, 31, false, false, true},
      {"type and meta", 9, 21, 31, false, true, true},
      {"all newer", 11, 21, 31, true, true, true},
  };
  for (const ComponentCase& one : kCases) {
    SCOPED_TRACE(one.what);
    const RowTimes old_times{Timestamp::Parse(Time(10)).value(), Timestamp::Parse(Time(20)).value(),
                             Timestamp::Parse(Time(30)).value()};
    ObjectRow existing = Item("o", EncodeRowTimes(old_times), 1, "old;swift_bytes=1", "old").row;
    ObjectItem item = Item("o", Time(one.data), 2, "new;swift_bytes=2", "new");
    item.row.deleted = 1;
    item.content_type_timestamp = Time(one.type);
    item.meta_timestamp = Time(one.meta);
    TimedObject timed = TimeObject(item).value();

    const bool newer = MergeOverExisting(existing, old_times, timed);
    EXPECT_EQ(newer, one.data_wins || one.type_wins || one.meta_wins);
    EXPECT_EQ(timed.row.etag, one.data_wins ? "new" : "old");
    EXPECT_EQ(timed.row.size, one.data_wins ? 2 : 1);
    EXPECT_EQ(timed.row.deleted, one.data_wins ? 1 : 0);
    EXPECT_EQ(timed.row.content_type, std::string(one.type_wins ? "new" : "old") +
                                          (one.data_wins ? ";swift_bytes=2" : ";swift_bytes=1"));
    EXPECT_EQ(timed.times.metadata.Normal(), one.meta_wins ? Time(one.meta) : Time(30));
    EXPECT_EQ(DecodeRowTimes(timed.row.created_at).value(), timed.times);
  }
}

TEST(ObjectMergeTest, ContentTypeTimeMovesMetadataTimeToo) {
  ObjectItem item = Item("o", Time(5), 1, "t", "e");
  item.content_type_timestamp = Time(6);
  EXPECT_EQ(TimeObject(item).value().times.metadata.Normal(), Time(6));
  item.meta_timestamp = Time(7);
  EXPECT_EQ(TimeObject(item).value().times.metadata.Normal(), Time(7));
  EXPECT_EQ(TimeObject(item).value().times.content_type.Normal(), Time(6));
  item.content_type_timestamp.clear();
  EXPECT_EQ(TimeObject(item).value().times.content_type.Normal(), Time(5));
}

TEST(ObjectMergeTest, ContentTypesAreRewrittenOnlyOverAnExistingRow) {
  Table table;
  table.Merge({Item("o", Time(5), 1, "text/plain; charset=UTF-8", "e")});
  EXPECT_EQ(table.row("o").content_type, "text/plain; charset=UTF-8");
  table.Merge({Item("o", Time(6), 1, "text/plain; charset=UTF-8; b", "e")});
  EXPECT_EQ(table.row("o").content_type, "text/plain;charset=UTF-8;b=");
}

TEST(ObjectMergeTest, AnOffsetIsNewerThanNone) {
  Table table;
  table.Merge({Item("o", Time(5), 1, "t", "plain")});
  table.Merge({Item("o", Time(5) + "_2", 1, "t", "offset 2")});
  table.Merge({Item("o", Time(5) + "_1", 1, "t", "offset 1")});
  EXPECT_EQ(table.row("o").etag, "offset 2");
  EXPECT_EQ(table.row("o").created_at, Time(5) + "_2");
}

TEST(ObjectMergeTest, DuplicatesInABatchMergeAmongThemselves) {
  Table table;
  table.Merge({Item("x", Time(1), 1, "t", "x")});
  table.Merge({Item("o", Time(6), 1, "t", "six"), Item("x", Time(2), 1, "t", "x2"),
               Item("o", Time(7), 1, "t", "seven"), Item("o", Time(7), 1, "t", "late seven"),
               Item("o", Time(5), 1, "t", "five")});
  EXPECT_EQ(table.row("o").etag, "seven");
  EXPECT_EQ(table.rows().at({"o", 0}).row_id, 2) << "the place of the first of them";
  EXPECT_EQ(table.rows().at({"x", 0}).row_id, 3);
}

// The first item's content-type offset is lost when its metadata time becomes part of the text, so
// that in Swift the third item's offset is newer.
TEST(ObjectMergeTest, DuplicatesCompareWithTheTimesThatARowWouldKeep) {
  ObjectItem first = Item("o", Time(22) + "_ff", 10, "first/type", "one");
  first.meta_timestamp = Time(83);
  ObjectItem second = Item("o", Time(23), 30, "second/type", "two");
  second.content_type_timestamp = Time(22);
  Table table;
  table.Merge({first, second, Item("o", Time(22) + "_1", 0, "third/type", "three")});
  EXPECT_EQ(table.row("o").content_type, "third/type");
  EXPECT_EQ(table.row("o").etag, "two");
}

TEST(ObjectMergeTest, NamesMayHoldNulAndAnyCodePoint) {
  const std::string name("\0o\0\u00e9\U0001F600", 9);
  const std::string shorter("\0o", 2);
  Table table;
  table.Merge({Item(name, Time(5), 1, "t", "long"), Item(shorter, Time(5), 1, "t", "short")});
  table.Merge({Item(name, Time(6), 1, "t", "longer")});
  EXPECT_EQ(table.row(name).etag, "longer");
  EXPECT_EQ(table.row(shorter).etag, "short");
}

TEST(ObjectMergeTest, OfDamagedDoubleRowsTheLastCountsAndBothGo) {
  ObjectMergePlan plan({TimeObject(Item("o", Time(7), 1, "t", "new")).value()});
  plan.AddExisting({1, Item("o", Time(9), 1, "t", "first").row});
  plan.AddExisting({2, Item("o", Time(5), 1, "t", "last").row});
  plan.AddExisting({3, Item("stranger", Time(5), 1, "t", "").row});
  ASSERT_TRUE(plan.Decide().has_value());
  ASSERT_EQ(plan.superseded().size(), 2U);
  EXPECT_EQ(plan.superseded()[0]->row_id, 1);
  EXPECT_EQ(plan.superseded()[1]->row_id, 2);
  EXPECT_EQ(plan.winners().size(), 1U);
}

TEST(ObjectMergeTest, TimesThatAreNoneNameTheObject) {
  for (const char* bad : {"", "junk", "-5", "1700000000.00000+zz"}) {
    const auto timed = TimeObject(Item("photo", bad, 1, "t", "e"));
    ASSERT_FALSE(timed.has_value()) << bad;
    EXPECT_EQ(timed.error().code, Errc::kBadInput);
    EXPECT_NE(timed.error().message.find("object \"photo\""), std::string::npos);
  }
  ObjectItem item = Item("photo", Time(5), 1, "t", "e");
  item.meta_timestamp = "junk";
  EXPECT_FALSE(TimeObject(item).has_value());
  item.meta_timestamp.clear();
  item.content_type_timestamp = "junk";
  EXPECT_FALSE(TimeObject(item).has_value());

  ObjectMergePlan plan({TimeObject(Item("photo", Time(7), 1, "t", "new")).value()});
  plan.AddExisting({1, Item("photo", "junk", 1, "t", "first").row});
  const auto decided = plan.Decide();
  ASSERT_FALSE(decided.has_value());
  EXPECT_NE(decided.error().message.find("object \"photo\""), std::string::npos);
}

// Equal times mean equal content, as in a cluster where each writer stamps what it writes.
ObjectItem RandomItem(std::mt19937& random) {
  const auto pick = [&random](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  const int data = pick(5);
  const int type = pick(5);
  ObjectItem item = Item(std::string(1, static_cast<char>('a' + pick(3))), Time(data), data,
                         "type/" + std::to_string(type), "etag" + std::to_string(data));
  item.row.deleted = data % 2;
  item.row.storage_policy_index = pick(2);
  item.content_type_timestamp = Time(type);
  item.meta_timestamp = Time(pick(5));
  if (data > 2) item.row.content_type += ";swift_bytes=" + std::to_string(data);
  return item;
}

TEST(ObjectMergeTest, OrderGroupingAndRepetitionDoNotMatter) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<ObjectItem> first, second, both;
    for (int i = 0; i < 5; ++i) first.push_back(RandomItem(random));
    for (int i = 0; i < 5; ++i) second.push_back(RandomItem(random));
    both = first;
    both.insert(both.end(), second.begin(), second.end());

    Table together, in_order, reversed, one_by_one;
    together.Merge(both);
    in_order.Merge(first);
    in_order.Merge(second);
    reversed.Merge(second);
    reversed.Merge(first);
    for (const ObjectItem& item : both) one_by_one.Merge({item});
    EXPECT_EQ(in_order.contents(), together.contents());
    EXPECT_EQ(reversed.contents(), together.contents());
    EXPECT_EQ(one_by_one.contents(), together.contents());

    const auto rows = reversed.rows();
    reversed.Merge(both);
    EXPECT_EQ(reversed.rows(), rows) << "an unchanged row was written again";
  }
}

}  // namespace
}  // namespace dbrepl
