// RsyncSender with the real rsync and a real daemon.
#include "tests/unit/replicator/rsync_daemon.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "broker/connection.h"
#include "broker/container_broker.h"
#include "broker/create.h"
#include "broker/statement.h"
#include "common/files.h"
#include "replicator/rsync.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

namespace fs = std::filesystem;

class RsyncDaemonTest : public testing::Test {
 protected:
  RsyncDaemonTest() {
    fs::create_directories(directory_.Sub("peer/sdb1/tmp"));
    NewDatabase database;
    database.path = db_;
    database.account = "a";
    database.container = "c";
    CHECK(CreateDatabase(database, SystemClock(), SystemRandom()));
    PutRows(0, kRows);
    LogOptions log;
    log.to_syslog = false;
    log.listener = [this](LogLevel, std::string_view line) { log_.emplace_back(line); };
    options_.logger = MakeLogger(log).value();
    options_.conn_timeout = std::chrono::seconds(20);
    options_.node_timeout = std::chrono::seconds(60);
    node_.device = "sdb1";
    node_.replication_ip = "127.0.0.1";
  }

  void PutRows(int first, int count) {
    std::vector<ObjectItem> items;
    for (int i = first; i < first + count; ++i) {
      ObjectItem item;
      item.row.name = StrCat("object-", i);
      item.row.created_at = StrCat(1'700'000'000 + i, ".00000");
      item.row.etag = StrCat("etag-", SystemRandom()(), SystemRandom()());  // does not compress
      items.push_back(std::move(item));
    }
    ASSERT_TRUE(ContainerBroker(db_).MergeItems(items));
  }
  Result<> Send(int port) {
    options_.rsync_module = StrCat("rsync://{replication_ip}:", port, "/container");
    RsyncSender sender(options_, stop_.get_token());
    return sender.Send(broker_, "id-sda", node_, false);
  }
  void StartDaemon() { daemon_.emplace(directory_.path(), directory_.Sub("peer")); }
  // Sound, and with at least these rows.
  void ExpectLandedWith(int rows) const {
    const auto landed = Connection::Open(landed_, {});
    ASSERT_TRUE(landed) << landed.error().message;
    auto check = (*landed)->Prepare("PRAGMA integrity_check");
    ASSERT_TRUE(check && check->Step());
    EXPECT_EQ(check->Text(0), "ok");
    auto count = (*landed)->Prepare("SELECT count(*) FROM object");
    ASSERT_TRUE(count && count->Step());
    EXPECT_GE(count->Int64(0), rows);
  }
  bool NothingLanded() const {
    return fs::directory_iterator(directory_.Sub("peer/sdb1/tmp")) == fs::directory_iterator();
  }

  static constexpr int kRows = 3000;
  TempDir directory_{TempDir::kInMemory};
  const std::string hash_ = "0123456789abcdef0123456789abcdef";
  const std::string db_ = directory_.Sub(StrCat("sda/containers/1/def/", hash_, "/", hash_, ".db"));
  const std::string landed_ = directory_.Sub("peer/sdb1/tmp/id-sda");
  ContainerBroker broker_{db_};
  PassOptions options_;
  Device node_;
  std::stop_source stop_;
  std::vector<std::string> log_;
  std::optional<RsyncDaemon> daemon_;
};

TEST_F(RsyncDaemonTest, TheFileLandsAsItIs) {
  StartDaemon();
  ASSERT_TRUE(Send(daemon_->port())) << log_.back();
  EXPECT_EQ(*ReadFile(landed_, 1 << 30), *ReadFile(db_, 1 << 30));
  EXPECT_EQ(log_, std::vector<std::string>{});
}

// Changed in the second in which it landed, with its size as it was: the quick check of the second
// run, to which a journal gives rise, would take it for equal.
TEST_F(RsyncDaemonTest, AFileOfTheSameSizeAndTimeIsSentAgain) {
  StartDaemon();
  ASSERT_TRUE(Send(daemon_->port())) << log_.back();
  const auto size = fs::file_size(db_);
  {
    const auto connection = Connection::Open(db_, {});
    ASSERT_TRUE((*connection)->Execute("UPDATE object SET deleted = 1 WHERE ROWID = 1"));
  }
  ASSERT_EQ(fs::file_size(db_), size);
  fs::last_write_time(db_, fs::last_write_time(landed_));
  std::ofstream(db_ + "-journal").close();
  ASSERT_TRUE(Send(daemon_->port())) << log_.back();
  EXPECT_EQ(*ReadFile(landed_, 1 << 30), *ReadFile(db_, 1 << 30));
}

TEST_F(RsyncDaemonTest, AWriterDuringTheTransferLeavesOneStateOfTheDatabase) {
  StartDaemon();
  for (int round = 0; round < 4; ++round) {
    std::atomic<int> written = 0;
    std::jthread writer([&](const std::stop_token& stop) {
      for (int i = 0; !stop.stop_requested(); ++i) {
        PutRows(kRows + 100'000 * round + i * 20, 20);
        written += 20;
      }
    });
    while (written < 40) std::this_thread::yield();
    const auto before = broker_.GetInfo();
    ASSERT_TRUE(Send(daemon_->port())) << log_.back();
    ExpectLandedWith(static_cast<int>(before->count));
  }
}

TEST_F(RsyncDaemonTest, ACutConnectionIsAFailureAndNothingLands) {
  StartDaemon();
  const Wire wire(daemon_->port(), 100'000, Wire::Then::kCut);
  const auto sent = Send(wire.port());
  ASSERT_FALSE(sent);
  EXPECT_TRUE(wire.reached_limit());
  EXPECT_EQ(sent.error().code, Errc::kUnreachable) << sent.error().message;
  EXPECT_FALSE(fs::exists(landed_));
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(RsyncDaemonTest, ASilentPeerIsATimeout) {
  StartDaemon();
  const Wire wire(daemon_->port(), 100'000, Wire::Then::kHold);
  options_.node_timeout = std::chrono::milliseconds(500);  // rsync has whole seconds
  const auto sent = Send(wire.port());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kTimeout) << sent.error().message;
  EXPECT_FALSE(fs::exists(landed_));
}

TEST_F(RsyncDaemonTest, AStopDuringTheTransferEndsIt) {
  StartDaemon();
  const Wire wire(daemon_->port(), 100'000, Wire::Then::kHold);
  std::jthread stopper([&] {
    while (!wire.reached_limit()) std::this_thread::yield();
    stop_.request_stop();
  });
  const auto sent = Send(wire.port());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kCancelled) << sent.error().message;
  EXPECT_EQ(log_, std::vector<std::string>{});
}

TEST_F(RsyncDaemonTest, NobodyListening) {
  int port = 0;
  LoopbackSocket::Listen(port);  // and closes it
  const auto sent = Send(port);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kUnreachable);
  EXPECT_NE(sent.error().message.find("refused"), std::string::npos) << sent.error().message;
}

TEST_F(RsyncDaemonTest, AnUnknownDeviceIsAFailure) {
  StartDaemon();
  node_.device = "sdc1";
  const auto sent = Send(daemon_->port());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kUnreachable);
  EXPECT_TRUE(NothingLanded());
}

TEST_F(RsyncDaemonTest, AFullDiskOverThereIsAFailureThatNamesIt) {
  const std::string disk = directory_.Sub("peer/sdb1/tmp");
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=128k") != 0)
    GTEST_SKIP() << "only root may mount a small disk";
  StartDaemon();
  const auto sent = Send(daemon_->port());
  const bool nothing_landed = NothingLanded();
  ::umount2(disk.c_str(), MNT_DETACH);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kNoSpace);
  EXPECT_NE(sent.error().message.find("No space left on device"), std::string::npos)
      << sent.error().message;
  EXPECT_NE(sent.error().hint.find("/sdb1 has no room for the file"), std::string::npos)
      << sent.error().hint;
  EXPECT_TRUE(nothing_landed);
}

}  // namespace
}  // namespace dbrepl
