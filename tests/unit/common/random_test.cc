#include "common/random.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbrepl {
namespace {

// Gives the numbers it was told to.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  std::uint64_t operator()() override { return numbers_.at(next_++); }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

TEST(RandomTest, SeedDecidesEverything) {
  SeededRandom one(7);
  SeededRandom two(7);
  SeededRandom other(8);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(one(), two());
  EXPECT_NE(one(), other());
  // The standard fixes mt19937_64: its 10,000th number with the default seed.
  SeededRandom standard(5489);
  for (int i = 1; i < 10000; ++i) standard();
  EXPECT_EQ(standard(), 9981545732273789042U);
}

TEST(RandomTest, SystemRandomDiffers) {
  EXPECT_NE(SystemRandom()(), SystemRandom()());
  EXPECT_EQ(&SystemRandom(), &SystemRandom());
}

TEST(RandomTest, FractionStaysBelowOne) {
  ScriptedRandom ends({0, ~std::uint64_t{0}, std::uint64_t{1} << 63U});
  EXPECT_EQ(ends.Fraction(), 0.0);
  EXPECT_LT(ends.Fraction(), 1.0);
  EXPECT_EQ(ends.Fraction(), 0.5);
}

TEST(RandomTest, BelowIsEvenAndThrowsTheRestAway) {
  // 2^64 = 3 * n + 1: the last number would make 0 likelier.
  ScriptedRandom random({~std::uint64_t{0}, ~std::uint64_t{0} - 1, 5, 0});
  EXPECT_EQ(random.Below(3), 2U);
  EXPECT_EQ(random.Below(3), 2U);
  EXPECT_EQ(random.Below(1), 0U);

  SeededRandom seeded(1);
  std::array<int, 5> seen{};
  for (int i = 0; i < 5000; ++i) ++seen.at(seeded.Below(5));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(RandomTest, ShufflesWithTheStandardLibrary) {
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto shuffled = numbers;
  SeededRandom random(3);
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  EXPECT_NE(shuffled, numbers);
  EXPECT_THAT(shuffled, testing::UnorderedElementsAreArray(numbers));
}

TEST(Uuid4Test, LooksLikePythons) {
  ScriptedRandom ones({~std::uint64_t{0}, ~std::uint64_t{0}});
  EXPECT_EQ(Uuid4(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  ScriptedRandom mixed({0x0123456789abcdef, 0xfedcba9876543210});
  EXPECT_EQ(Uuid4(mixed), "01234567-89ab-4def-bedc-ba9876543210");
  EXPECT_NE(Uuid4(SystemRandom()), Uuid4(SystemRandom()));
}

}  // namespace
}  // namespace dbrepl
