#include "broker/chexor.h"

#include <fstream>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

// The hashes are Swift's own: swift-reference.md section 9.
TEST(ChexorTest, AgreesWithSwift) {
  RowHash objects;
  objects.Toggle("o1", "1700000001.00000");
  objects.Toggle("o2", "1700000002.00000_1+186a0+186a0");
  EXPECT_EQ(objects.Hex(), "3939ece0587277eb2d81f81e9f292813");

  RowHash containers;
  containers.Toggle("c", "1700000001.00000-0-3-30");
  EXPECT_EQ(containers.Hex(), "36301b7169ebf35df471d22f34e50a4b");

  RowHash nul;
  nul.Toggle(std::string_view("\0o\0\xC3\xA9\xF0\x9F\x98\x80", 9), "1700000005.00000");
  EXPECT_EQ(nul.Hex(), "1e113d296c3eb97ac6c65580c41ef79b");
}

TEST(ChexorTest, TogglingTwiceChangesNothing) {
  RowHash hash;
  hash.Toggle("a", "1");
  hash.Toggle("b", std::nullopt);
  hash.Toggle("a", "1");
  hash.Toggle("b", "None");
  EXPECT_EQ(hash, RowHash());
  EXPECT_EQ(hash.Hex(), std::string(32, '0'));
}

TEST(ChexorTest, ParsesWhatPythonsIntTakes) {
  EXPECT_EQ(RowHash::Parse("0").value(), RowHash());
  EXPECT_EQ(RowHash::Parse("aBc").value().Hex(), std::string(29, '0') + "abc");
  const std::string full = "1e113d296c3eb97ac6c65580c41ef79b";
  EXPECT_EQ(RowHash::Parse(full).value().Hex(), full);
  for (const std::string& bad : {std::string(), std::string("xyz"), full + "0"}) {
    EXPECT_FALSE(RowHash::Parse(bad).has_value()) << bad;
  }
}

class ChexorFunctionTest : public testing::Test {
 protected:
  ChexorFunctionTest() {
    std::ofstream(directory_.Sub("t.db")).close();
    connection_ = Connection::Open(directory_.Sub("t.db")).value();
  }

  Result<std::string> Call(const SqlValue& hash, const SqlValue& name, const SqlValue& text) {
    auto query = connection_->Prepare("SELECT chexor(?, ?, ?)").value();
    query.BindAll(hash, name, text);
    TRY(query.Step());
    return std::string(query.Text(0));
  }

  TempDir directory_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(ChexorFunctionTest, IsKnownToEveryConnection) {
  const std::string zeros(32, '0');
  EXPECT_EQ(Call(zeros, "c", "1700000001.00000-0-3-30").value(),
            "36301b7169ebf35df471d22f34e50a4b");
  EXPECT_EQ(
      Call(zeros, std::string("\0o\0\xC3\xA9\xF0\x9F\x98\x80", 9), "1700000005.00000").value(),
      "1e113d296c3eb97ac6c65580c41ef79b");
  EXPECT_EQ(Call(zeros, "c", {}).value(), Call(zeros, "c", "None").value());
}

TEST_F(ChexorFunctionTest, RefusesNamelessRowsAndMalformedHashes) {
  EXPECT_FALSE(Call(std::string(32, '0'), {}, "x").has_value());
  EXPECT_FALSE(Call("nonsense", "c", "x").has_value());
  EXPECT_FALSE(Call({}, "c", "x").has_value());
}

}  // namespace
}  // namespace dbrepl
