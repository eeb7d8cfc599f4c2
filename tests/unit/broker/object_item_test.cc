#include "broker/object_item.h"

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

constexpr char kRow[] =
    R"("name": "o", "created_at": "1700000005.00000", "size": 3, "content_type": "t", )"
    R"("etag": "e", "deleted": 0)";

std::string Array(const std::string& extra) { return "[{" + std::string(kRow) + extra + "}]"; }

TEST(ObjectItemTest, OptionalMembersHaveDefaults) {
  const auto items = ObjectItemsFromJson(Array("")).value();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].row.name, "o");
  EXPECT_EQ(items[0].row.size, 3);
  EXPECT_EQ(items[0].row.storage_policy_index, 0);
  EXPECT_EQ(items[0].content_type_timestamp, "");
  EXPECT_EQ(items[0].row_id, std::nullopt);
}

TEST(ObjectItemTest, AllMembersAndUnknownOnes) {
  const auto items =
      ObjectItemsFromJson(Array(R"(, "storage_policy_index": 2, "ctype_timestamp": "6",
                                  "meta_timestamp": null, "ROWID": 17, "color": 1.5)"))
          .value();
  EXPECT_EQ(items[0].row.storage_policy_index, 2);
  EXPECT_EQ(items[0].content_type_timestamp, "6");
  EXPECT_EQ(items[0].meta_timestamp, "");
  EXPECT_EQ(items[0].row_id, 17);
}

TEST(ObjectItemTest, IntegersMayComeAsTextBooleansOrWholeNumbers) {
  const auto items =
      ObjectItemsFromJson(Array(R"(, "size": "12", "deleted": true, "storage_policy_index": 1.0)"))
          .value();
  EXPECT_EQ(items[0].row.size, 12);
  EXPECT_EQ(items[0].row.deleted, 1);
  EXPECT_EQ(items[0].row.storage_policy_index, 1);
}

TEST(ObjectItemTest, RowsDoNotInheritFromTheOneBefore) {
  const auto items =
      ObjectItemsFromJson("[{" + std::string(kRow) + R"(, "ROWID": 1}, {)" + kRow + "}]").value();
  EXPECT_EQ(items[1].row_id, std::nullopt);
}

TEST(ObjectItemTest, RefusesWhatIsNoRow) {
  const std::string bad[] = {
      "{}",
      "[1]",
      "[{}]",
      R"([{"name": "o"}])",
      Array(R"(, "name": null)"),
      Array(R"(, "name": 5)"),
      Array(R"(, "created_at": 5)"),
      Array(R"(, "size": null)"),
      Array(R"(, "size": 1.5)"),
      Array(R"(, "size": 1e300)"),
      Array(R"(, "size": "many")"),
      Array(R"(, "etag": null)"),
      Array(R"(, "deleted": "")"),
      Array(R"(, "meta_timestamp": 5)"),
      Array(R"(, "ROWID": null)"),
  };
  for (const std::string& rows : bad) {
    const auto items = ObjectItemsFromJson(rows);
    ASSERT_FALSE(items.has_value()) << rows;
    EXPECT_EQ(items.error().code, Errc::kBadInput) << rows;
  }
}

}  // namespace
}  // namespace dbrepl
