#include "common/log_line.h"

#include <string>

#include <gtest/gtest.h>

namespace dbrepl {
namespace {

TEST(FormatLogLineTest, NameAndMessageOnOneLine) {
  EXPECT_EQ(FormatLogLine("container-replicator", "Removed 3 dbs", 0),
            "container-replicator: Removed 3 dbs");
  EXPECT_EQ(FormatLogLine("n", "a\nb\n\n#012", 0), "n: a#012b#012#012#012");
  EXPECT_EQ(FormatLogLine("", "", 0), ": ");
}

TEST(FormatLogLineTest, CutComesAfterTheNewlinesWereReplaced) {
  EXPECT_EQ(FormatLogLine("n", "1\n2\n3\n4", 13), "n: 1 ... 0124");
}

TEST(CutMiddleTest, AsSwiftCuts) {
  struct Case {
    const char* text;
    int limit;
    const char* cut;
  };
  for (const auto& [text, limit, cut] : {
           Case{"0123456789", 0, "0123456789"},
           {"0123456789", -1, "0123456789"},
           {"0123456789", 10, "0123456789"},
           {"0123456789", 9, "01 ... 89"},
           {"0123456789", 8, "0 ... 9"},
           {"0123456789", 7, "0 ... 9"},
           {"0123456789", 6, "012345"},
           {"0123456789", 1, "0"},
           {"éééééééééé", 10, "éééééééééé"},
           {"éééééééééé", 9, "éé ... éé"},
           {"éééééééééé", 3, "ééé"},
           {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9, "\xFF\xFF ... \xFF\xFF"},
       }) {
    EXPECT_EQ(CutMiddle(text, limit), cut) << text << " " << limit;
  }
}

TEST(LogLevelTest, WordsOfTheConfiguration) {
  EXPECT_EQ(LogLevelOfWord("DEBUG"), LogLevel::kDebug);
  EXPECT_EQ(LogLevelOfWord("debug"), LogLevel::kDebug);
  EXPECT_EQ(LogLevelOfWord("Warn"), LogLevel::kWarning);
  EXPECT_EQ(LogLevelOfWord("FATAL"), LogLevel::kCritical);
  EXPECT_EQ(LogLevelOfWord("NOTSET"), LogLevel::kWarning);
  EXPECT_EQ(LogLevelOfWord("NOTICE"), LogLevel::kInfo);
  EXPECT_EQ(LogLevelOfWord("loud"), LogLevel::kInfo);
  EXPECT_EQ(LogLevelOfWord(""), LogLevel::kInfo);
}

TEST(SyslogTest, FacilitiesAndSeverities) {
  EXPECT_EQ(SyslogFacilityOfWord("LOG_KERN"), 0);
  EXPECT_EQ(SyslogFacilityOfWord("LOG_CRON"), 9);
  EXPECT_EQ(SyslogFacilityOfWord("LOG_LOCAL0"), 16);
  EXPECT_EQ(SyslogFacilityOfWord("LOG_LOCAL7"), 23);
  EXPECT_EQ(SyslogFacilityOfWord("log_local7"), 16);
  EXPECT_EQ(SyslogFacilityOfWord("local7"), 16);
  EXPECT_EQ(SyslogSeverity(LogLevel::kDebug), 7);
  EXPECT_EQ(SyslogSeverity(LogLevel::kNotice), 5);
  EXPECT_EQ(SyslogSeverity(LogLevel::kCritical), 2);
}

}  // namespace
}  // namespace dbrepl
