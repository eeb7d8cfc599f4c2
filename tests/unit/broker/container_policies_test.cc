#include "broker/object_row.h"
#include "tests/unit/broker/container_fixture.h"

namespace dbrepl {
namespace {

class ContainerPoliciesTest : public ContainerTest {
 protected:
  ContainerPoliciesTest() { Create({}, 1); }
};

TEST_F(ContainerPoliciesTest, CountsArePerPolicyAndShownForTheContainersOwn) {
  auto broker = Broker();
  ExpectOk(broker.MergeItems({WithPolicy(Item("a", Time(1), 10), 1),
                              WithPolicy(Item("b", Time(1), 20), 2),
                              WithPolicy(Item("c", Time(1), 40), 2)}));
  const std::map<std::int64_t, ObjectStats> expected = {{1, {1, 10}}, {2, {2, 60}}};
  EXPECT_EQ(broker.PolicyStats().value(), expected);
  EXPECT_EQ(broker.GetInfo().value().count, 1);
  ExpectOk(broker.SetStoragePolicyIndex(2, Time(5)));
  EXPECT_EQ(broker.GetInfo().value().count, 2);
  EXPECT_EQ(broker.GetInfo().value().bytes_used, 60);
  EXPECT_EQ(broker.GetInfo().value().storage_policy_index, 2);
}

TEST_F(ContainerPoliciesTest, ANewPolicyGetsItsRowAndTheStatusItsTime) {
  auto broker = Broker();
  EXPECT_FALSE(broker.HasMultiplePolicies().value());
  ExpectOk(broker.SetStoragePolicyIndex(3, Time(5)));
  EXPECT_TRUE(broker.HasMultiplePolicies().value());
  EXPECT_EQ(Query("SELECT * FROM policy_stat"), (Rows{"1|0|0", "3|0|0"}));
  EXPECT_EQ(broker.GetInfo().value().status_changed_at, Time(5));
}

TEST_F(ContainerPoliciesTest, TheStatusTimeNeverFallsAndStaysWhenNothingChanges) {
  auto broker = Broker();
  ExpectOk(broker.SetStoragePolicyIndex(2, Time(5)));
  ExpectOk(broker.SetStoragePolicyIndex(2, Time(9)));
  EXPECT_EQ(broker.GetInfo().value().status_changed_at, Time(5));
  ExpectOk(broker.SetStoragePolicyIndex(1, Time(3)));
  EXPECT_EQ(broker.GetInfo().value().status_changed_at, Time(5));
  EXPECT_EQ(broker.GetInfo().value().storage_policy_index, 1);
}

TEST_F(ContainerPoliciesTest, MisplacedRowsInOrderOfRowId) {
  auto broker = Broker();
  std::vector<ObjectItem> items;
  items.reserve(6);
  for (int i = 0; i < 6; ++i) {
    items.push_back(WithPolicy(Item("o" + std::to_string(i), Time(1)), i % 2 == 0 ? 1 : 4));
  }
  ExpectOk(broker.MergeItems(items));
  const auto rows = broker.MisplacedSince(2, 2).value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].row_id, 4);
  EXPECT_EQ(rows[0].row, items[3].row);
  EXPECT_EQ(rows[1].row_id, 6);
  EXPECT_TRUE(broker.MisplacedSince(6, 10).value().empty());
  ExpectOk(broker.PutObject(WithPolicy(Item("pending", Time(1)), 4)));
  EXPECT_EQ(broker.MisplacedSince(6, 10).value().size(), 1U);
}

TEST_F(ContainerPoliciesTest, ReconcilerPoint) {
  auto broker = Broker();
  EXPECT_EQ(broker.GetReconcilerSync().value(), -1);
  ExpectOk(broker.UpdateReconcilerSync(17));
  EXPECT_EQ(broker.GetReconcilerSync().value(), 17);
  ExpectOk(broker.UpdateReconcilerSync(5));
  EXPECT_EQ(broker.GetReconcilerSync().value(), 5) << "as its caller says";
}

}  // namespace
}  // namespace dbrepl
