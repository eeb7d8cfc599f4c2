#include "ring/ring_watcher.h"

#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/files.h"
#include "ring/ring_file.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"
#include "tests/unit/ring/ring_samples.h"

namespace dbrepl {
namespace {

class RingWatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    Write(1, 1000);
    auto watcher = RingWatcher::Open(
        path_, [this](const Error& error) { errors_.push_back(error.message); }, clock_);
    ASSERT_TRUE(watcher) << watcher.error().message;
    watcher_ = *std::move(watcher);
  }

  void Write(std::int64_t version, time_t modified) {
    RingData data = SampleRing();
    data.version = version;
    ASSERT_TRUE(WriteRingFile(path_, data, RingFormat::kV1));
    Touch(modified);
  }
  void WriteGarbage(time_t modified) {
    auto file = AtomicFile::Create(path_, 0644);
    ASSERT_TRUE(file && file->Write("garbage") && file->Commit());
    Touch(modified);
  }
  void Touch(time_t modified) {
    const timespec times[2] = {{modified, 0}, {modified, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  }
  std::int64_t VersionAfter(std::chrono::seconds wait) {
    clock_.Advance(wait);
    return *watcher_->Get()->data().version;
  }

  TempDir dir_;
  const std::string path_ = dir_.Sub("account.ring.gz");
  FakeClock clock_;
  std::vector<std::string> errors_;
  std::unique_ptr<RingWatcher> watcher_;
};

using std::chrono::seconds;

TEST_F(RingWatcherTest, LooksAtTheFileAtMostEveryReloadTime) {
  Write(2, 2000);
  EXPECT_EQ(VersionAfter(seconds(14)), 1);
  EXPECT_EQ(VersionAfter(seconds(1)), 2);
}

TEST_F(RingWatcherTest, AnOlderFileIsAChange) {
  Write(2, 500);
  EXPECT_EQ(VersionAfter(seconds(15)), 2);
}

TEST_F(RingWatcherTest, AnUnchangedFileIsNotReadAgain) {
  const auto before = watcher_->Get();
  clock_.Advance(seconds(100));
  EXPECT_EQ(watcher_->Get(), before);
}

TEST_F(RingWatcherTest, ABadFileKeepsTheRingAndIsReportedOnce) {
  WriteGarbage(2000);
  EXPECT_EQ(VersionAfter(seconds(15)), 1);
  EXPECT_EQ(VersionAfter(seconds(15)), 1);
  ASSERT_EQ(errors_.size(), 1U);
  EXPECT_EQ(errors_[0].substr(0, path_.size()), path_);
  WriteGarbage(2001);
  EXPECT_EQ(VersionAfter(seconds(15)), 1);
  EXPECT_EQ(errors_.size(), 2U) << "another bad file";
  Write(3, 2002);
  EXPECT_EQ(VersionAfter(seconds(15)), 3);
  EXPECT_EQ(errors_.size(), 2U);
}

TEST_F(RingWatcherTest, AFileThatGoesAndComesBack) {
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  EXPECT_EQ(VersionAfter(seconds(15)), 1);
  EXPECT_EQ(VersionAfter(seconds(15)), 1);
  EXPECT_EQ(errors_.size(), 1U);
  Write(2, 1000);
  EXPECT_EQ(VersionAfter(seconds(15)), 2);
}

TEST_F(RingWatcherTest, ARingSomebodyHoldsStaysAsItIs) {
  const auto held = watcher_->Get();
  Write(2, 2000);
  EXPECT_EQ(VersionAfter(seconds(15)), 2);
  EXPECT_EQ(*held->data().version, 1);
}

TEST(RingWatcherOpenTest, ABadFirstFileIsAnError) {
  TempDir dir;
  EXPECT_EQ(RingWatcher::Open(dir.Sub("none"), nullptr).error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace dbrepl
