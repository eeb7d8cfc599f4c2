#include "broker/pending_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "broker/pickle_value.h"
#include "common/base64.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Swift's own entries: swift-reference.md section 9.
constexpr std::string_view kContainerEntry =
    ":gAIoWAIAAABvMXEAWBAAAAAxNzAwMDAwMDAxLjAwMDAwcQFLClgKAAAAdGV4dC9wbGFpbnECWAUAAABldGFnMXEDSwBL"
    "AE5OdHEELg==";
constexpr std::string_view kAccountEntry =
    ":gAIoWAEAAABjcQBYEAAAADE3MDAwMDAwMDEuMDAwMDBxAVgBAAAAMHECSwNLHksASwB0cQMu";

class PendingFileTest : public testing::Test {
 protected:
  void Put(std::string_view bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string Content() const {
    std::ostringstream content;
    content << std::ifstream(path_, std::ios::binary).rdbuf();
    return content.str();
  }

  // Names of the records, that is their first fields.
  std::vector<std::string> Names() {
    auto file = PendingFile::Open(path_).value();
    const auto records =
        file.ReadAll([this](const std::string& problem) { problems_.push_back(problem); }).value();
    std::vector<std::string> names;
    names.reserve(records.size());
    for (const auto& record : records) names.push_back(ToText(TupleFields(*record, 1).value()[0]));
    return names;
  }

  TempDir directory_;
  std::string path_ = directory_.Sub("abc.db.pending");
  std::vector<std::string> problems_;
};

// What it led to was emptied.
TEST_F(PendingFileTest, ALinkIsNoPendingFile) {
  const std::string elsewhere = directory_.Sub("elsewhere");
  std::ofstream(elsewhere) << "precious";
  std::filesystem::create_symlink(elsewhere, path_);
  EXPECT_EQ(PendingSize(path_).error().code, Errc::kIo);
  EXPECT_FALSE(PendingFile::Open(path_));
  EXPECT_FALSE(AppendPending(path_, "x"));
  EXPECT_EQ(std::filesystem::file_size(elsewhere), 8U);
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(PendingSize(path_).error().code, Errc::kIo);
  EXPECT_FALSE(AppendPending(path_, "x"));
}

TEST_F(PendingFileTest, WritesWhatSwiftWrites) {
  ASSERT_TRUE(AppendPending(path_, PickleTuple({"o1",
                                                "1700000001.00000",
                                                std::int64_t{10},
                                                "text/plain",
                                                "etag1",
                                                std::int64_t{0},
                                                std::int64_t{0},
                                                {},
                                                {}}))
                  .has_value());
  EXPECT_EQ(Content(), kContainerEntry);
  ASSERT_TRUE(
      AppendPending(path_, PickleTuple({"c", "1700000001.00000", "0", std::int64_t{3},
                                        std::int64_t{30}, std::int64_t{0}, std::int64_t{0}}))
          .has_value());
  EXPECT_EQ(Content(), std::string(kContainerEntry) + std::string(kAccountEntry));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
  EXPECT_EQ(PendingSize(path_).value(), static_cast<std::int64_t>(Content().size()));
  EXPECT_EQ(PendingSize(directory_.Sub("none")).value(), 0);
}

TEST_F(PendingFileTest, NumbersOfAllSizesComeBack) {
  std::vector<SqlValue> fields;
  for (const std::int64_t number : std::vector<std::int64_t>{
           0, 255, 256, 65535, 65536, -1, 2147483647, 2147483648, -2147483648, -2147483649,
           (std::int64_t{1} << 55) - 1, std::int64_t{1} << 55, INT64_MAX, INT64_MIN}) {
    fields.emplace_back(number);
  }
  fields.emplace_back(1.5);
  fields.emplace_back(std::string("\0\xC3\xA9", 3));
  const auto record = ReadPickle(PickleTuple(fields)).value();
  EXPECT_EQ(TupleFields(*record, 1).value(), fields);
}

TEST_F(PendingFileTest, BrokenEntriesAreReportedAndSkipped) {
  const std::string good(kAccountEntry);
  Put("::" + good + ":!!!!" + good.substr(0, 20) + ":" + Base64Encode("\x80\x02K\x01.") + good +
      ":" +
      Base64Encode("\x80\x02"
                   "cos\nsystem\n.") +
      good.substr(0, good.size() - 4));
  EXPECT_THAT(Names(), ElementsAre("c", "c"));
  EXPECT_THAT(problems_,
              ElementsAre(HasSubstr("!!!!"), HasSubstr("cut short"), HasSubstr("not a tuple"),
                          HasSubstr("gAJjb3MKc3lzdGVtCi4="), HasSubstr("gAIo")));
}

TEST_F(PendingFileTest, LiesAboutLengthsCostNothing) {
  using namespace std::string_literals;
  Put(":" +
      Base64Encode("\x80\x02(X\xff\xff\xff\x7f"
                   "abct."s) +
      std::string(kAccountEntry));
  EXPECT_THAT(Names(), ElementsAre("c"));
  EXPECT_EQ(problems_.size(), 1U);
}

TEST_F(PendingFileTest, AnEntryMayNotBeEndless) {
  Put(":" + std::string(5 * kMaxPendingEntry, 'A') + std::string(kAccountEntry));
  EXPECT_THAT(Names(), ElementsAre("c"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("too long: AAAA")));
}

TEST_F(PendingFileTest, EntriesAcrossReadBlocks) {
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += kAccountEntry;  // about 1.4 MB
  Put(content);
  EXPECT_EQ(Names().size(), 20'000U);
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(PendingFileTest, ClearEmptiesAndKeepsTheFile) {
  Put(kAccountEntry);
  ASSERT_TRUE(PendingFile::Open(path_).value().Clear().has_value());
  EXPECT_EQ(Content(), "");
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_EQ(PendingFile::Open(directory_.Sub("none")).error().code, Errc::kNotFound);
}

TEST(PickleValueTest, TakesScalarsOnly) {
  PickleValue tuple;
  EXPECT_FALSE(TupleFields(tuple, 0).has_value());
  const auto add = [](auto value) {
    PickleValue field;
    field.value = std::move(value);
    return std::make_shared<const PickleValue>(std::move(field));
  };
  PickleValue::Tuple fields;
  fields.items = {add(true), add(PickleValue::Bytes{"x"}), add(std::monostate{})};
  tuple.value = fields;
  EXPECT_EQ(TupleFields(tuple, 3).value(),
            (std::vector<SqlValue>{std::int64_t{1}, "x", SqlValue()}));
  EXPECT_FALSE(TupleFields(tuple, 4).has_value());
  fields.items = {add(std::string("\xff"))};
  tuple.value = fields;
  EXPECT_FALSE(TupleFields(tuple, 1).has_value());
}

}  // namespace
}  // namespace dbrepl
