#include "replicator/rsync.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/connection.h"
#include "broker/container_broker.h"
#include "broker/create.h"
#include "broker/transaction.h"
#include "common/strings.h"
#include "tests/testlib/environment_variable.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;

Device Peer() {
  Device device;
  device.region = 2;
  device.zone = 3;
  device.ip = "10.0.0.1";
  device.port = 6201;
  device.replication_ip = "10.1.0.1";
  device.replication_port = 6211;
  device.device = "sdb1";
  device.meta = "rack 4";
  return device;
}

TEST(RsyncArguments, AreSwiftsAndIgnoreTimes) {
  const struct {
    int node_ms;
    int conn_ms;
    bool whole_file;
    bool compress;
    const char* expected;
  } cases[] = {
      {10'000, 500, true, false,
       "rsync --quiet --no-motd --timeout=10 --contimeout=1 --whole-file /f "
       "h::m/d/tmp/i"},
      {10'000, 1000, false, false,
       "rsync --quiet --no-motd --timeout=10 --contimeout=1 --ignore-times /f h::m/d/tmp/i"},
      {500, 2001, true, true,
       "rsync --quiet --no-motd --timeout=1 --contimeout=3 --whole-file --compress "
       "/f "
       "h::m/d/tmp/i"},
      {60'001, 500, false, true,
       "rsync --quiet --no-motd --timeout=61 --contimeout=1 --ignore-times --compress /f "
       "h::m/d/tmp/i"},
  };
  for (const auto& it : cases) {
    std::string line;
    for (const std::string& argument : RsyncArguments({.source = "/f",
                                       .destination = "h::m/d/tmp/i",
                                       .node_timeout = milliseconds(it.node_ms),
                                       .conn_timeout = milliseconds(it.conn_ms),
                                       .whole_file = it.whole_file,
                                       .compress = it.compress})) {
      line += StrCat(line.empty() ? "" : " ", argument);
    }
    EXPECT_EQ(line, it.expected);
  }
}

// A PATH of its own with a script called rsync that writes down how it was called.
class FakeRsyncTest : public testing::Test {
 protected:
  FakeRsyncTest() {
    std::filesystem::create_directory(directory_.Sub("bin"));
    search_path_.Set(StrCat(directory_.Sub("bin"), ":", search_path_.before().value_or("")));
    LogOptions log;
    log.to_syslog = false;
    log.listener = [this](LogLevel level, std::string_view line) {
      if (level == LogLevel::kError) log_.emplace_back(line);
    };
    options_.logger = MakeLogger(log).value();
    options_.clock = &clock_;
    NewDatabase database;
    database.path = db_;
    database.account = "a";
    database.container = "c";
    CHECK(CreateDatabase(database, SystemClock(), SystemRandom()));
    // So that it does not look as if it were just being written.
    std::filesystem::last_write_time(
        db_, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }

  void Install(const std::string& script) {
    const std::string path = directory_.Sub("bin/rsync");
    std::ofstream(path) << "#!/bin/sh\ncalls=" << directory_.path()
                        << "/calls\necho \"$@\" >> $calls\ndb=" << db_
                        << "\n"
                        // Not for ever, should the test fail before it says go.
                        << "wait_for_go() { i=0; while [ ! -e $calls.go ] && [ $i -lt 1000 ]; do "
                           "sleep 0.02; i=$((i + 1)); done; }\n"
                        << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::all);
  }
  std::vector<std::string> Calls() const {
    std::ifstream file(directory_.Sub("calls"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  // False: not within a minute.
  bool Appears(std::string_view name) const {
    const Deadline deadline = Deadline::After(std::chrono::minutes(1), SystemClock());
    while (!std::filesystem::exists(directory_.Sub(name))) {
      if (deadline.Passed(SystemClock())) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }
  Result<> Send(bool is_other_region = false) {
    RsyncSender sender(options_, stop_.get_token());
    return sender.Send(broker_, "id-sda", Peer(), is_other_region);
  }
  std::string Line(std::string_view options) const {
    return StrCat("--quiet --no-motd --timeout=10 --contimeout=1 ", options, db_,
                  " 10.1.0.1::container/sdb1/tmp/id-sda");
  }

  TempDir directory_;
  EnvironmentVariable search_path_{"PATH"};
  const std::string hash_ = "0123456789abcdef0123456789abcdef";
  const std::string db_ = directory_.Sub(StrCat("sda/containers/1/def/", hash_, "/", hash_, ".db"));
  ContainerBroker broker_{db_};
  PassOptions options_;
  FakeClock clock_;
  std::stop_source stop_;
  std::vector<std::string> log_;
};

TEST_F(FakeRsyncTest, AnUntouchedFileIsSentOnce) {
  Install("");
  EXPECT_TRUE(Send());
  EXPECT_EQ(Calls(), std::vector<std::string>{Line("--whole-file ")});
}

TEST_F(FakeRsyncTest, CompressesAcrossRegionsOnlyAndOnlyWhenTold) {
  Install("");
  EXPECT_TRUE(Send(true));
  options_.rsync_compress = true;
  EXPECT_TRUE(Send(false));
  EXPECT_TRUE(Send(true));
  EXPECT_EQ(Calls(), (std::vector<std::string>{Line("--whole-file "), Line("--whole-file "),
                                               Line("--whole-file --compress ")}));
}

TEST_F(FakeRsyncTest, DefaultModuleIsTheKinds) {
  Install("");
  options_.kind = DbKind::kAccount;
  EXPECT_TRUE(Send());
  options_.rsync_module = "{ip}::m_{device}";
  EXPECT_TRUE(Send());
  ASSERT_EQ(Calls().size(), 2U);
  EXPECT_NE(Calls()[0].find(" 10.1.0.1::account/sdb1/tmp/id-sda"), std::string::npos);
  EXPECT_NE(Calls()[1].find(" 10.0.0.1::m_sdb1/sdb1/tmp/id-sda"), std::string::npos);
}

TEST_F(FakeRsyncTest, AFileThatChangedMeanwhileIsSentAgainWithoutWholeFile) {
  Install("touch $db");
  options_.rsync_compress = true;
  EXPECT_TRUE(Send(true));
  EXPECT_EQ(Calls(), (std::vector<std::string>{Line("--whole-file --compress "),
                                               Line("--ignore-times --compress ")}));
}

TEST_F(FakeRsyncTest, AJournalMeansASecondRun) {
  Install("[ -e $db-journal ] && rm $db-journal || : > $db-journal");
  EXPECT_TRUE(Send());
  EXPECT_EQ(Calls(), (std::vector<std::string>{Line("--whole-file "), Line("--ignore-times ")}));
}

TEST_F(FakeRsyncTest, TheSecondRunHoldsTheWritersLock) {
  Install(
      "[ -e $calls.first ] || { : > $calls.first; touch $db; exit 0; }\n"
      ": > $calls.second; wait_for_go");
  Result<> sent;
  std::jthread sending([&] { sent = Send(); });
  ASSERT_TRUE(Appears("calls.second"));
  {
    ConnectionOptions at_once;
    at_once.lock_timeout = milliseconds(0);
    const auto other = Connection::Open(db_, at_once);
    ASSERT_TRUE(other);
    {
      const auto writing = Transaction::Begin(**other);
      EXPECT_TRUE(!writing && writing.error().code == Errc::kBusy) << "a writer could begin";
    }
    EXPECT_TRUE(Transaction::Begin(**other, Transaction::Kind::kRead));
  }
  std::ofstream(directory_.Sub("calls.go")).close();
  sending.join();
  EXPECT_TRUE(sent);
  const auto after = Connection::Open(db_, {});
  ASSERT_TRUE(after);
  EXPECT_TRUE(Transaction::Begin(**after)) << "the lock was given back";
}

TEST_F(FakeRsyncTest, AFileThatWasReplacedIsLockedUnderItsNewInode) {
  ASSERT_TRUE(broker_.GetInfo());  // has the old file open
  Install(
      "[ -e $calls.first ] || { : > $calls.first; cp $db $db.new; mv $db.new $db; exit 0; }\n"
      ": > $calls.second; wait_for_go");
  std::jthread sending([&] { EXPECT_TRUE(Send()); });
  ASSERT_TRUE(Appears("calls.second"));
  ConnectionOptions at_once;
  at_once.lock_timeout = milliseconds(0);
  {
    const auto other = Connection::Open(db_, at_once);
    ASSERT_TRUE(other);
    EXPECT_FALSE(Transaction::Begin(**other));
  }
  std::ofstream(directory_.Sub("calls.go"));
}

TEST_F(FakeRsyncTest, AFailureIsLoggedWithRsyncsWords) {
  Install("echo 'rsync: failed to connect to h: Connection refused' >&2; echo more >&2; exit 10");
  const auto sent = Send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kUnreachable);
  EXPECT_EQ(sent.error().message,
            StrCat("rsync failed with 10: ['rsync', '--quiet', '--no-motd', '--timeout=10', "
                   "'--contimeout=1', '--whole-file', '",
                   db_,
                   "', '10.1.0.1::container/sdb1/tmp/id-sda']: rsync: failed to connect to h: "
                   "Connection refused; more"));
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find(StrCat("ERROR ", sent.error().message)), std::string::npos) << log_[0];
}

TEST_F(FakeRsyncTest, RsyncsOwnTimeoutsAreTimeouts) {
  for (const int code : {30, 35}) {
    Install(StrCat("exit ", code));
    const auto sent = Send();
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::kTimeout) << code;
  }
}

TEST_F(FakeRsyncTest, AFailedSecondRunIsAFailure) {
  Install("[ -e $calls.first ] && exit 12; : > $calls.first; touch $db");
  const auto sent = Send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kUnreachable);
  EXPECT_EQ(Calls().size(), 2U);
}

TEST_F(FakeRsyncTest, AStopEndsIt) {
  Install(": > $calls.running; exec sleep 600");
  std::jthread stopper([&] {
    EXPECT_TRUE(Appears("calls.running"));
    stop_.request_stop();
  });
  const auto sent = Send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kCancelled);
  EXPECT_EQ(log_.size(), 0U) << "a stop is no error: " << log_[0];
}

TEST_F(FakeRsyncTest, WithoutRsyncTheLogSaysSoOnceAMinute) {
  search_path_.Set(directory_.Sub("bin"));
  RsyncSender sender(options_, stop_.get_token());
  for (int database = 0; database < 3; ++database) {
    const auto sent = sender.Send(broker_, "id-sda", Peer(), false);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::kIo);
    EXPECT_NE(sent.error().message.find("rsync is not in PATH"), std::string::npos);
  }
  EXPECT_EQ(log_.size(), 1U);
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_FALSE(sender.Send(broker_, "id-sda", Peer(), false));
  EXPECT_EQ(log_.size(), 2U);
}

TEST_F(FakeRsyncTest, BadIdsAndMissingFilesAreNotSent) {
  Install("");
  RsyncSender sender(options_, stop_.get_token());
  for (const char* id : {"", "../../x", "a/b", ".hidden"}) {
    const auto sent = sender.Send(broker_, id, Peer(), false);
    ASSERT_FALSE(sent) << id;
    EXPECT_EQ(sent.error().code, Errc::kBadInput) << id;
  }
  std::filesystem::remove(db_);
  const auto sent = Send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kNotFound);
  EXPECT_EQ(Calls().size(), 0U);
}

}  // namespace
}  // namespace dbrepl
