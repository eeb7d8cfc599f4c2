#include "common/ids.h"

#include <type_traits>
#include <unordered_set>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

using ShelfId = StrongId<struct ShelfIdTag, std::int64_t>;

static_assert(!std::is_convertible_v<PartitionId, ShelfId>);
static_assert(!std::is_convertible_v<std::uint32_t, PartitionId>);
static_assert(!std::is_convertible_v<PartitionId, std::uint32_t>);
static_assert(sizeof(PartitionId) == sizeof(std::uint32_t));

TEST(StrongIdTest, ComparesAndHashesByValue) {
  EXPECT_LT(PartitionId(3), PartitionId(20));
  EXPECT_EQ(PartitionId(), PartitionId(0));
  EXPECT_EQ(ShelfId(-1).value(), -1);
  EXPECT_EQ((std::unordered_set{PartitionId(1), PartitionId(1), PartitionId(2)}.size()), 2U);
}

}  // namespace
}  // namespace dbrepl
