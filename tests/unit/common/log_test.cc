#include "common/log.h"

#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testlib/datagram_receiver.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

std::string Datagram(std::string_view text) { return std::string(text) + '\0'; }

// Options that write nowhere but to `lines`.
LogOptions Into(std::vector<std::string>& lines) {
  LogOptions options;
  options.name = "test";
  options.to_syslog = false;
  options.listener = [&lines](LogLevel, std::string_view line) { lines.emplace_back(line); };
  return options;
}

TEST(LoggerTest, WritesWhatIsAtOrAboveTheLevel) {
  std::vector<std::string> lines;
  LogOptions options = Into(lines);
  options.level = "warning";
  const Logger logger = *MakeLogger(options);
  logger.Debug("d");
  logger.Info("i");
  logger.Notice("n");
  logger.Warning("w ", 1);
  logger.Error("e");
  logger.Critical("c");
  logger.Log(LogLevel::kInfo, "i");
  logger.Log(LogLevel::kError, "e");
  EXPECT_THAT(lines, ElementsAre("test: w 1", "test: e", "test: c", "test: e"));
  EXPECT_FALSE(logger.Enabled(LogLevel::kNotice));
  EXPECT_TRUE(logger.Enabled(LogLevel::kWarning));
}

TEST(LoggerTest, NoticeStandsBetweenInfoAndWarning) {
  std::vector<LogLevel> levels;
  LogOptions options;
  options.to_syslog = false;
  options.listener = [&](LogLevel level, std::string_view) { levels.push_back(level); };
  const Logger logger = *MakeLogger(options);
  logger.Debug("hidden");
  logger.Info("i");
  logger.Notice("n");
  logger.Warning("w");
  EXPECT_THAT(levels, ElementsAre(LogLevel::kInfo, LogLevel::kNotice, LogLevel::kWarning));
}

TEST(LoggerTest, DefaultLoggerIsSilent) {
  const Logger logger;
  EXPECT_FALSE(logger.Enabled(LogLevel::kCritical));
  logger.Critical("nobody hears this");
  logger.About("x").Log(LogLevel::kCritical, "nor this");
}

TEST(LoggerTest, AboutNamesTheEntityFirst) {
  std::vector<std::string> lines;
  const Logger logger = *MakeLogger(Into(lines));
  const Logger database = logger.About("/srv/node/sda/ab12.db");
  database.Info("merged ", 3, " rows");
  database.About("10.0.0.3:6201/sdb").Error("refused");
  logger.Info("plain {} %s");
  EXPECT_THAT(lines, ElementsAre("test: /srv/node/sda/ab12.db: merged 3 rows",
                                 "test: /srv/node/sda/ab12.db: 10.0.0.3:6201/sdb: refused",
                                 "test: plain {} %s"));
}

TEST(LoggerTest, ForTransactionEndsEachLineWithItsId) {
  std::vector<std::string> lines;
  LogOptions options = Into(lines);
  options.max_line_length = 60;
  const Logger logger = *MakeLogger(options);
  const Logger request = logger.ForTransaction("tx1").About("/sda/1/ab");
  request.Error("refused\ntwice");
  request.Info("holds tx1 anyway");
  logger.ForTransaction("").Info("none");
  logger.ForTransaction("t\nx").Info("forged");
  logger.ForTransaction(std::string(5000, 't')).Info("long");
  EXPECT_THAT(lines, ElementsAre("test: /sda/1/ab: refused#012twice (txn: tx1)",
                                 "test: /sda/1/ab: holds tx1 anyway", "test: none",
                                 "test: forged (txn: t\\x0ax)",
                                 "test: long (txn: tttttttttt ... " + std::string(26, 't') + ")"));
}

TEST(LoggerTest, StderrGetsTheSameLines) {
  LogOptions options;
  options.name = "db-info";
  options.to_syslog = false;
  options.to_stderr = true;
  options.max_line_length = 15;
  testing::internal::CaptureStderr();
  const Logger logger = *MakeLogger(options);
  logger.Info("a\nb");
  logger.Info("0123456789");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "db-info: a#012b\ndb-in ... 56789\n");
}

TEST(LoggerTest, ThreadsDoNotMixLines) {
  std::vector<std::string> lines;
  const Logger logger = *MakeLogger(Into(lines));
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) logger.Info("0123456789");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(lines, std::vector<std::string>(1000, "test: 0123456789"));
}

TEST(SyslogTest, DatagramsToAUnixSocket) {
  const TempDir dir;
  auto daemon = DatagramReceiver::AtPath(dir.Sub("log"));
  LogOptions options;
  options.name = "account-replicator";
  options.level = "DEBUG";
  options.facility = "LOG_LOCAL3";
  options.address = dir.Sub("log");
  const Logger logger = *MakeLogger(options);
  logger.Debug("d");
  logger.Notice("Starting 12");
  logger.Critical("c");
  EXPECT_THAT(daemon.Receive(), Optional(Datagram("<159>account-replicator: d")));
  EXPECT_THAT(daemon.Receive(), Optional(Datagram("<157>account-replicator: Starting 12")));
  EXPECT_THAT(daemon.Receive(), Optional(Datagram("<154>account-replicator: c")));
}

TEST(SyslogTest, DatagramsOverUdp) {
  auto ipv4 = DatagramReceiver::OnIpv4();
  auto ipv6 = DatagramReceiver::OnIpv6();
  LogOptions options;
  options.address = "/nonexistent";
  options.udp_host = "127.0.0.1";
  options.udp_port = ipv4.port();
  MakeLogger(options)->Info("four");
  EXPECT_THAT(ipv4.Receive(), Optional(Datagram("<134>swift: four")));
  options.udp_host = "::1";
  options.udp_port = ipv6.port();
  MakeLogger(options)->Info("six");
  EXPECT_THAT(ipv6.Receive(), Optional(Datagram("<134>swift: six")));
}

TEST(SyslogTest, DaemonMayRestart) {
  const TempDir dir;
  LogOptions options;
  options.address = dir.Sub("log");
  std::optional daemon = DatagramReceiver::AtPath(options.address);
  const Logger logger = *MakeLogger(options);
  logger.Info("one");
  EXPECT_THAT(daemon->Receive(), Optional(Datagram("<134>swift: one")));
  daemon.reset();
  logger.Info("lost");
  std::filesystem::remove(options.address);
  logger.Info("lost");
  daemon = DatagramReceiver::AtPath(options.address);
  logger.Info("two");
  EXPECT_THAT(daemon->Receive(), Optional(Datagram("<134>swift: two")));
  EXPECT_THAT(daemon->Receive(),
              Optional(Datagram("<132>swift: 2 log lines were lost, syslog did not take them")));
  logger.Info("three");
  EXPECT_THAT(daemon->Receive(), Optional(Datagram("<134>swift: three")));
}

TEST(SyslogTest, StuckDaemonDelaysNobody) {
  const TempDir dir;
  LogOptions options;
  options.address = dir.Sub("log");
  auto daemon = DatagramReceiver::AtPath(options.address);
  const Logger logger = *MakeLogger(options);
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kMoreThanAnyQueue = 5000;
  for (int i = 0; i < kMoreThanAnyQueue; ++i) logger.Info("line");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  int taken = 0;
  while (daemon.Receive(0)) ++taken;
  EXPECT_LT(taken, kMoreThanAnyQueue);
  logger.Info("again");
  EXPECT_THAT(daemon.Receive(), Optional(Datagram("<134>swift: again")));
  EXPECT_THAT(daemon.Receive(),
              Optional(HasSubstr(StrCat(kMoreThanAnyQueue - taken, " log lines were lost"))));
}

TEST(SyslogTest, LineTooLongForTheSocketArrivesCut) {
  auto daemon = DatagramReceiver::OnIpv4();
  LogOptions options;
  options.udp_host = "127.0.0.1";
  options.udp_port = daemon.port();
  MakeLogger(options)->Info("begin", std::string(100'000, '.'), "end");
  EXPECT_THAT(daemon.Receive(), Optional(AllOf(HasSubstr("swift: begin..."), HasSubstr(". ... ."),
                                               HasSubstr("...end"))));
}

TEST(SyslogTest, MissingDaemonIsNoError) {
  const TempDir dir;
  LogOptions options;
  options.address = dir.Sub("none");
  const auto logger = MakeLogger(options);
  ASSERT_TRUE(logger);
  logger->Info("to UDP localhost:514, where nobody may listen");
  options.address = dir.path();
  EXPECT_TRUE(MakeLogger(options));
}

TEST(SyslogTest, BadUdpTargetIsAConfigurationError) {
  LogOptions options;
  options.udp_host = std::string(300, 'x');  // too long for any name: no resolver is asked
  EXPECT_EQ(MakeLogger(options).error().code, Errc::kBadInput);
  EXPECT_THAT(MakeLogger(options).error().message, HasSubstr("log_udp_host"));
  options.udp_host = "127.0.0.1";
  options.udp_port = 65536;
  EXPECT_EQ(MakeLogger(options).error().code, Errc::kBadInput);
}

}  // namespace
}  // namespace dbrepl
