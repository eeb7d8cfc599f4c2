#include "common/digest.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(Md5Test, KnownDigests) {
  EXPECT_EQ(ToHex(Md5("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(ToHex(Md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Md5Test, PiecesAreOneText) {
  EXPECT_EQ(Md5("a", "b", "c"), Md5("abc"));
  EXPECT_EQ(Md5("", "abc", ""), Md5("abc"));
  EXPECT_NE(Md5("a", "c", "b"), Md5("abc"));
}

TEST(Md5Test, NulIsAByteLikeOthers) {
  EXPECT_EQ(ToHex(Md5(std::string_view("a\0b", 3))), "70350f6027bce3713f6b76473084309b");
}

TEST(Md5Test, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    threads.emplace_back([&wrong, i] {
      for (int round = 0; round < 2000; ++round) {
        if (ToHex(Md5("ab", "c", "")) != "900150983cd24fb0d6963f7d28e17f72") ++wrong[i];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST(DigesterTest, EveryKind) {
  EXPECT_EQ(DigestHex(DigestKind::kMd5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(DigestHex(DigestKind::kSha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(DigestHex(DigestKind::kSha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(DigestHex(DigestKind::kSha512, "abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(DigesterTest, FedInPieces) {
  Digester digester(DigestKind::kSha256);
  digester.Update("a");
  digester.Update("");
  Digester moved = std::move(digester);
  moved.Update("bc");
  EXPECT_EQ(moved.FinishHex(), DigestHex(DigestKind::kSha256, "abc"));
  moved = Digester(DigestKind::kMd5);
  EXPECT_EQ(moved.FinishHex(), "d41d8cd98f00b204e9800998ecf8427e");
}

}  // namespace
}  // namespace dbrepl
