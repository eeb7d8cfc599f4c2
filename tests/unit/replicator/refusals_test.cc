// What a hostile or broken peer may send: refused with 400, one log line, and nothing in the
// database changes.
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/files.h"
#include "tests/unit/replicator/service_fixture.h"

namespace dbrepl {
namespace {

class RefusalsTest : public ServiceTest {
 protected:
  void ExpectRefused(const std::string& body) {
    log_.clear();
    const std::string before = ReadFile(Path(), 1 << 20).value();
    const auto answer = Ask(body);
    EXPECT_EQ(answer.head.status, 400) << Printable(body.substr(0, 200));
    EXPECT_EQ(log_.size(), 1U) << Printable(body.substr(0, 200));
    EXPECT_EQ(ReadFile(Path(), 1 << 20).value(), before) << Printable(body.substr(0, 200));
  }
  void ExpectFine() {
    EXPECT_EQ(Status(StrCat("[\"merge_items\", [", Row(1, "good", At(-1)), "], \"peer\"]")), 202);
  }
};

TEST_F(RefusalsTest, SyncArguments) {
  Create();
  const std::string good[] = {"1",
                              "\"h\"",
                              "\"id\"",
                              "\"1700000000.00000\"",
                              "\"1700000000.00000\"",
                              "\"0\"",
                              "\"\"",
                              "\"1700000000.00000\"",
                              "3",
                              "0"};
  struct Case {
    std::size_t position;
    std::string value;
  };
  const std::string long_text = StrCat('"', std::string(256, 'x'), '"');
  std::vector<Case> cases;
  for (const std::size_t at : {1U, 2U, 3U, 4U, 5U, 7U})
    for (const std::string& bad :
         {std::string("null"), std::string("1"), std::string("[]"), std::string("{}"),
          std::string("true"), long_text, std::string("\"\\ud800\"")})
      cases.push_back({at, bad});
  for (const std::size_t at : {3U, 4U, 5U, 7U})
    for (const char* bad :
         {"\"x\"", "\"-1\"", "\"nan\"", "\"inf\"", "\"1e300\"", "\"9999999999.00000\"",
          "\"1800000000.00000\"", "\"1700000000.00000_zz\"", "\"0x10\""})
      cases.push_back({at, bad});
  for (const std::size_t at : {0U, 8U, 9U})
    for (const char* bad :
         {"null", "\"1\"", "1.5", "1e400", "NaN", "[]", "{}", "99999999999999999999"})
      if (at != 9 || std::string_view(bad) != "null") cases.push_back({at, bad});
  cases.push_back({0, "-2"});
  cases.push_back({9, "-1"});
  cases.push_back({9, "1000001"});
  for (const char* bad :
       {"1", "[]", "{}", "\"[]\"", "\"{\\\"a\\\": 1}\"", "\"{\\\"a\\\": [\\\"b\\\"]}\"",
        "\"{\\\"a\\\": [\\\"b\\\", \\\"9999999999.00000\\\"]}\"",
        "\"{\\\"a\\\": [\\\"b\\\", \\\"x\\\"]}\""})
    cases.push_back({6, bad});
  cases.push_back({6, StrCat('"', std::string(1024 * 1024 + 1, ' '), '"')});
  for (const Case& wrong : cases) {
    std::string body = "[\"sync\"";
    for (std::size_t i = 0; i < std::size(good); ++i)
      body += StrCat(", ", i == wrong.position ? wrong.value : good[i]);
    ExpectRefused(StrCat(body, "]"));
  }
  std::string too_few = "[\"sync\"";
  for (std::size_t count = 0; count < 7; ++count) {
    ExpectRefused(StrCat(too_few, "]"));
    too_few += StrCat(", ", good[count]);
  }
  ExpectFine();
}

TEST_F(RefusalsTest, Rows) {
  Create();
  const std::string row = Row(1, "o", At(-1));
  const std::string deep = std::string(100'000, '[');
  const std::string lists[] = {"null",
                               "1",
                               "\"x\"",
                               "{}",
                               "[1]",
                               "[null]",
                               "[[]]",
                               "[\"x\"]",
                               "[{}]",
                               "[{\"name\": \"o\"}]",
                               StrCat("[", row, ", 1]"),
                               StrCat("[", row, ", {}]"),
                               StrCat("[", row, ",]"),
                               StrCat("[", row, " ", row, "]"),
                               StrCat("[", Row(1, "o", "x"), "]"),
                               StrCat("[", Row(1, "o", "-1"), "]"),
                               StrCat("[", Row(1, "o", "nan"), "]"),
                               StrCat("[", row, ", ", Row(2, "p", "1800000000.00000"), "]"),
                               StrCat("[", Row(2, "p", "1700000000.00000+9999999999999"), "]"),
                               StrCat("[", Row(2, "\\ud800", At(-1)), "]"),
                               StrCat("[", Row(2, "\xff", At(-1)), "]"),
                               StrCat("[{\"name\": ", deep),
                               StrCat("[{\"name\": ", deep, std::string(100'000, ']'), "}]"),
                               "[{\"ROWID\": 1, \"name\": 5, \"created_at\": 6}]",
                               "[{\"ROWID\": NaN}]",
                               "[{\"ROWID\": 1, \"name\": null, \"created_at\": \"1\"}]"};
  for (const std::string& list : lists)
    ExpectRefused(StrCat("[\"merge_items\", ", list, ", \"peer\"]"));
  for (const char* source : {"1", "[]", "{}", "true", "\"\\ud800\"", "nope"})
    ExpectRefused(StrCat("[\"merge_items\", [", row, "], ", source, "]"));
  ExpectRefused(StrCat("[\"merge_items\", [", row, "]]"));
  ExpectRefused("[\"merge_items\"]");
  ExpectRefused(
      StrCat("[\"merge_items\", [{\"name\": \"o\", \"created_at\": \"", At(-1), "\"}], \"peer\"]"));
  ExpectFine();
}

// The garbage in the metadata was logged before the rest was read.
TEST_F(RefusalsTest, TwoMistakesAreOneLine) {
  Create();
  ExpectRefused(R"(["sync", 1, "h", "id", "1700000000.00000", "1700000000.00000", "0", "{nope",
                    "1700000000.00000", 3, "x"])");
  log_.clear();
  std::string own_ranges;
  for (int i = 0; i < 10; ++i) {
    own_ranges += StrCat(i > 0 ? ", " : "", R"({"name": "a/c", "timestamp": ")", At(i),
                         R"(", "lower": "", "upper": "", "object_count": 1, "bytes_used": 2,
                         "meta_timestamp": "1", "deleted": 0, "state": 40, "state_timestamp": "1",
                         "epoch": null})");
  }
  Ask(StrCat("[\"merge_shard_ranges\", [", own_ranges, "], \"x\"]"));
  EXPECT_LE(log_.size(), 1U);
  ExpectFine();
}

// It was parsed into a document of 400 MB.
TEST_F(RefusalsTest, AMillionNumbersAreNoText) {
  Create();
  std::string many = "[1";
  for (int i = 0; i < 1'000'000; ++i) many += ",1";
  const auto answer = Ask(StrCat("[\"sync\", 1, ", many, "]]"));
  EXPECT_EQ(answer.head.status, 400);
  EXPECT_NE(answer.body.find("too many values"), std::string::npos) << answer.body;
  EXPECT_EQ(Status(StrCat("{\"a\": ", many, "]}")), 400);
}

TEST_F(RefusalsTest, TooManyRowsAreNotMerged) {
  Create();
  ReplicateOptions options = Options();
  options.limits.max_rows = 2;
  const std::string rows = StrCat(Row(1, "a", At(-1)), ", ", Row(2, "b", At(-1)));
  const ReplicateService small(options);
  const auto ask = [&](const std::string& list) {
    return small.Handle(Request(Target(), StrCat("[\"merge_items\", [", list, "], null]")))
        .head.status;
  };
  EXPECT_EQ(ask(StrCat(rows, ", ", Row(3, "c", At(-1)))), 400);
  EXPECT_TRUE(Query(Path(), "SELECT * FROM object").empty());
  EXPECT_EQ(ask(rows), 202);
  options.limits.max_body_bytes = 10;
  EXPECT_EQ(
      ReplicateService(options).Handle(Request(Target(), "[\"merge_syncs\", []]")).head.status,
      400);
}

TEST_F(RefusalsTest, SyncPointsAndShardRanges) {
  Create();
  for (const char* list :
       {"1", "{}", "\"x\"", "[1]", "[null]", "[{}]", "[{\"remote_id\": \"x\"}]",
        "[{\"remote_id\": 1, \"sync_point\": 1}]",
        "[{\"remote_id\": \"x\", \"sync_point\": \"1\"}]",
        "[{\"remote_id\": \"x\", \"sync_point\": -5}]",
        "[{\"remote_id\": \"x\", \"sync_point\": 1e9}]",
        "[{\"remote_id\": \"x\", \"sync_point\": 99999999999999999999}]", "[[]]", "[,]"}) {
    ExpectRefused(StrCat("[\"merge_syncs\", ", list, "]"));
  }
  ExpectRefused("[\"merge_syncs\"]");
  for (const char* list : {"1", "{}", "\"x\"", "[1]", "[null]", "[{}]", "[{\"name\": \"a/b\"}]"}) {
    ExpectRefused(StrCat("[\"merge_shard_ranges\", ", list, ", \"x\"]"));
  }
  ExpectRefused(
      StrCat("[\"merge_syncs\", ", std::string(100'000, '['), std::string(100'000, ']'), "]"));
  ExpectRefused(
      R"(["merge_shard_ranges", [{"name": "a/b", "timestamp": "1800000000.00000", "lower": "", "upper": "m",
        "object_count": 1, "bytes_used": 2, "meta_timestamp": "1", "deleted": 0, "state": 40,
        "state_timestamp": "1", "epoch": null}], "x"])");
  ExpectFine();
}

TEST_F(RefusalsTest, NamesOfFiles) {
  Create();
  std::filesystem::create_directories(directory_.Sub("outside"));
  Create(directory_.Sub("outside/victim.db"));
  for (const char* op : {"complete_rsync", "rsync_then_merge"}) {
    for (const char* name : {"1", "null", "[]", "{}", "\"\"", "\".\"", "\"..\"", "\"/etc/passwd\"",
                             "\"../sda\"", "\"../../outside/victim.db\"", "\"a/b\"",
                             "\"a\\u0000b\"", "\"\\u00e9\"", "\".hidden\"", "\"a\\nb\""}) {
      ExpectRefused(StrCat("[\"", op, "\", ", name, "]"));
    }
    for (const char* base : {"1", "null", "\"\"", "\"..\"", "\"../x.db\"", "\"/tmp/x.db\"",
                             "\"x.db\"", "\"00000000000000000000000000000000.db\""}) {
      ExpectRefused(StrCat("[\"", op, "\", \"id\", ", base, "]"));
    }
    ExpectRefused(StrCat("[\"", op, "\", \"id\", \"", hash_, "_1.db\"]"));
    ExpectRefused(StrCat("[\"", op, "\", \"id\", \"", hash_, ".db-journal\"]"));
    ExpectRefused(StrCat("[\"", op, "\"]"));
  }
  EXPECT_TRUE(std::filesystem::exists(directory_.Sub("outside/victim.db")));
  ExpectFine();
}

}  // namespace
}  // namespace dbrepl
