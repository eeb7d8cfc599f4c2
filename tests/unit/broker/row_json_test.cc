#include "broker/row_json.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/connection.h"
#include "common/json.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::HasSubstr;

TEST(RowJsonTest, TextIsEscapedAsPythonDoes) {
  const std::string text("\"\\\b\f\n\r\t\x01\x7f a/\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0", 22);
  std::string out;
  ASSERT_TRUE(AppendJsonText(out, text));
  EXPECT_EQ(out, R"("\"\\\b\f\n\r\t\u0001\u007f a/\u00e9\u20ac\ud83d\ude00\u0000")");
  EXPECT_EQ(out, DumpJson(text));
  for (const char* bad : {"\xff", "a\xC3", "\xED\xA0\x80", "\xC0\x80"}) {
    EXPECT_FALSE(AppendJsonText(out, bad));
  }
}

class RowJsonWriterTest : public testing::Test {
 protected:
  Result<std::string> RowOf(std::string_view sql) {
    std::ofstream(directory_.Sub("t.db")).close();
    auto connection = Connection::Open(directory_.Sub("t.db")).value();
    auto query = connection->Prepare(sql).value();
    EXPECT_TRUE(query.Step().value());
    std::string out;
    TRY(RowJsonWriter(query).Append(out, query));
    return out;
  }
  TempDir directory_;
};

TEST_F(RowJsonWriterTest, WritesColumnsInOrder) {
  EXPECT_EQ(RowOf("SELECT 1 AS ROWID, 'o' AS name, NULL AS size, 1.0 AS x").value(),
            R"({"ROWID": 1, "name": "o", "size": null, "x": 1.0})");
}

TEST_F(RowJsonWriterTest, RefusesWhatPythonCannotDecode) {
  for (const char* sql : {"SELECT x'ff' AS name", "SELECT CAST(x'ff' AS TEXT) AS name"}) {
    const auto row = RowOf(sql);
    ASSERT_FALSE(row.has_value()) << sql;
    EXPECT_EQ(row.error().code, Errc::kIo);
    EXPECT_THAT(row.error().message, HasSubstr("column name: not UTF-8 text: \"\\xff"));
  }
}

TEST_F(RowJsonWriterTest, RefusesColumnsWhoseNamesAreDamaged) {
  const auto row = RowOf("SELECT 1 AS ROWID, 2 AS \"na\xffme\"");
  ASSERT_FALSE(row.has_value()) << *row;
  EXPECT_EQ(row.error().code, Errc::kIo);
  EXPECT_THAT(row.error().message, HasSubstr("a column's name is not UTF-8: \"na\\xffme\""));
}

}  // namespace
}  // namespace dbrepl
