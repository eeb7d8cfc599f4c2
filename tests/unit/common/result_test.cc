#include "common/result.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Fail(Errc::kBadInput, "odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  TRY_ASSIGN(const int half, Half(value));
  return Half(half);
}

Result<> OnlyEven(int value) {
  TRY(Half(value));
  return {};
}

TEST(ResultTest, TryReturnsTheFirstError) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(7).error().message, "odd");
  EXPECT_EQ(Quarter(6).error().code, Errc::kBadInput);
  EXPECT_TRUE(OnlyEven(2));
  EXPECT_FALSE(OnlyEven(3));
}

TEST(ResultTest, ContextIsAddedOutwardAndTheHintStays) {
  Error error{Errc::kCorrupt, "not a database", "restore it"};
  error = std::move(error).Within("ab12.db").Within("sda");
  EXPECT_EQ(error.message, "sda: ab12.db: not a database");
  EXPECT_EQ(error.hint, "restore it");
  EXPECT_EQ(error.code, Errc::kCorrupt);
  EXPECT_EQ(DescribeForPerson("db-info", error),
            "db-info: error: sda: ab12.db: not a database\ndb-info: hint: restore it\n");
}

TEST(ResultTest, ErrnoMapsToTheReactionItAsksFor) {
  EXPECT_EQ(ErrnoError(ENOENT, "x").code, Errc::kNotFound);
  EXPECT_EQ(ErrnoError(EEXIST, "x").code, Errc::kExists);
  EXPECT_EQ(ErrnoError(ENOSPC, "x").code, Errc::kNoSpace);
  EXPECT_EQ(ErrnoError(EDQUOT, "x").code, Errc::kNoSpace);
  EXPECT_EQ(ErrnoError(EIO, "x").code, Errc::kIo);
  EXPECT_EQ(ErrnoError(ENOENT, "/a/b").message, "/a/b: No such file or directory");
}

TEST(ResultTest, EveryCodeHasItsOwnName) {
  EXPECT_EQ(ErrcName(Errc::kNoSpace), "no_space");
  EXPECT_EQ(ErrcName(Errc::kIo), "io");
}

}  // namespace
}  // namespace dbrepl
