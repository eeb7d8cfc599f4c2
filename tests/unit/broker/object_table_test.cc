#include "broker/object_table.h"

#include <random>

#include "broker/transaction.h"
#include "broker/trigger_scope.h"
#include "tests/unit/broker/container_fixture.h"

namespace dbrepl {
namespace {

// A trigger that we do not know: rows are then written with all triggers on.
constexpr char kStrangeTrigger[] =
    "CREATE TRIGGER strange AFTER INSERT ON object BEGIN SELECT 1; END";

constexpr const char* kTables[] = {"SELECT * FROM object ORDER BY ROWID",
                                   "SELECT * FROM policy_stat", "SELECT hash FROM container_info",
                                   "SELECT * FROM sqlite_sequence"};

class ObjectTableTest : public ContainerTest {
 protected:
  void Merge(const std::string& file, const std::vector<ObjectItem>& items) {
    auto connection = Connection::Open(file).value();
    auto transaction = Transaction::Begin(*connection).value();
    ExpectOk(MergeObjects(*connection, items));
    ExpectOk(transaction.Commit());
  }

  void ExpectSame(const std::string& a, const std::string& b) {
    for (const char* table : kTables) {
      EXPECT_EQ(dbrepl::Query(a, table), dbrepl::Query(b, table)) << table;
    }
  }
};

std::vector<ObjectItem> RandomBatch(std::mt19937& random) {
  const auto pick = [&random](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  std::vector<ObjectItem> batch;
  for (int i = pick(30); i >= 0; --i) {
    ObjectItem item = Item("o" + std::to_string(pick(20)), Time(pick(50)), pick(1000));
    item.row.deleted = pick(2);
    item.row.storage_policy_index = pick(4);
    if (pick(4) == 0) item.meta_timestamp = Time(pick(50));
    batch.push_back(item);
  }
  return batch;
}

TEST_F(ObjectTableTest, FoldingEqualsTheTriggers) {
  Create();
  Create("1");
  dbrepl::Execute(Path("1"), kStrangeTrigger);
  std::mt19937 random(7);
  for (int batch = 0; batch < 60; ++batch) {
    SCOPED_TRACE("batch " + std::to_string(batch));
    const auto items = RandomBatch(random);
    Merge(Path(), items);
    Merge(Path("1"), items);
    ExpectSame(Path(), Path("1"));
  }
}

TEST_F(ObjectTableTest, AStrangeTriggerFires) {
  Create();
  Execute(
      "CREATE TABLE log (name TEXT);"
      "CREATE TRIGGER strange AFTER INSERT ON object BEGIN"
      "  INSERT INTO log VALUES (new.name); END");
  Merge(Path(), {Item("a", Time(1))});
  EXPECT_EQ(Query("SELECT name FROM log"), Rows{"a"});
  EXPECT_EQ(Query("SELECT object_count FROM policy_stat"), Rows{"1"});
}

TEST_F(ObjectTableTest, WithoutTheTriggersNothingIsCounted) {
  Create();
  Execute("DROP TRIGGER object_insert_policy_stat");
  Merge(Path(), {Item("a", Time(1))});
  EXPECT_EQ(Query("SELECT object_count FROM policy_stat"), Rows{"0"});
}

TEST_F(ObjectTableTest, RowsWithOddValuesAreTakenOutAsTheTriggersWould) {
  const char* const kOdd =
      "INSERT INTO object (name, created_at, size, content_type, etag, deleted) VALUES"
      " ('real', '1700000001.00000', 1.5, 't', 'e', 0), ('text', '1700000001.00000', 'x', 't',"
      "  'e', 0), ('plain', '1700000001.00000', 7, NULL, NULL, 0)";
  Create();
  Create("1");
  Execute(kOdd);
  dbrepl::Execute(Path("1"), kOdd);
  const std::vector<ObjectItem> items = {Item("real", Time(2)), Item("text", Time(2)),
                                         Item("plain", Time(2))};
  Merge(Path(), items);
  {
    auto connection = Connection::Open(Path("1")).value();
    const TriggerScope triggers(*connection);
    ExpectOk(connection->Execute("DELETE FROM object"));
    for (const char* name : {"real", "text", "plain"}) {
      ExpectOk(
          connection->Execute("INSERT INTO object (name, created_at, size, content_type, etag)"
                              " VALUES ('" +
                              std::string(name) + "', '1700000002.00000', 1, 't/p', 'etag')"));
    }
  }
  ExpectSame(Path(), Path("1"));
}

TEST_F(ObjectTableTest, AHashThatIsNoneIsAnError) {
  Create();
  Execute("UPDATE container_info SET hash = 'junk'");
  auto connection = Connection::Open(Path()).value();
  auto transaction = Transaction::Begin(*connection).value();
  EXPECT_FALSE(MergeObjects(*connection, {Item("a", Time(1))}).has_value());
}

TEST_F(ObjectTableTest, SumsBeyond64BitsAreLeftToSqlite) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const std::vector<ObjectItem> items = {Item("a", Time(1), kHuge), Item("b", Time(1), kHuge),
                                         Item("c", Time(1), kHuge)};
  Create();
  Create("1");
  dbrepl::Execute(Path("1"), kStrangeTrigger);
  Merge(Path(), items);
  Merge(Path("1"), items);
  ExpectSame(Path(), Path("1"));
}

TEST_F(ObjectTableTest, WorksWithoutTheNameIndex) {
  Create();
  Execute("DROP INDEX ix_object_deleted_name");
  Merge(Path(), {Item("a", Time(1)), Item("b", Time(1))});
  Merge(Path(), {Item("a", Time(2)), Item("b", Time(1))});
  EXPECT_EQ(Query("SELECT ROWID, name FROM object"), (Rows{"2|b", "3|a"}));
}

}  // namespace
}  // namespace dbrepl
