#include "common/dir_lock.h"

#include <filesystem>
#include <future>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/files.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(DirLockTest, CreatesDirectoryAndLockFile) {
  const TempDir dir;
  const mode_t before = ::umask(022);
  const auto lock = DirLock::Acquire(dir.Sub("a/b"), milliseconds(50));
  ::umask(before);
  ASSERT_TRUE(lock);
  struct stat info {};
  ASSERT_EQ(::stat(dir.Sub("a/b/.lock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0755U);
  EXPECT_EQ(info.st_size, 0);
}

TEST(DirLockTest, NoFileIsMadeThroughALink) {
  const TempDir dir;
  std::filesystem::create_symlink(dir.Sub("elsewhere"), dir.Sub(".lock"));
  EXPECT_FALSE(DirLock::Acquire(dir.path(), milliseconds(50)));
  EXPECT_FALSE(std::filesystem::exists(dir.Sub("elsewhere")));
}

TEST(DirLockTest, NobodyWaitsForAPipe) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo(dir.Sub(".lock").c_str(), 0600), 0);
  EXPECT_FALSE(DirLock::Acquire(dir.path(), milliseconds(50)));
}

TEST(DirLockTest, SecondTakerIsToldBusyAfterItsTimeout) {
  const TempDir dir;
  auto first = DirLock::Acquire(dir.path(), milliseconds(50));
  ASSERT_TRUE(first);
  const auto begin = std::chrono::steady_clock::now();
  const auto second = DirLock::Acquire(dir.path(), milliseconds(50));
  const auto waited = std::chrono::steady_clock::now() - begin;
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
  EXPECT_THAT(second.error().message, HasSubstr(dir.path()));
  EXPECT_GE(waited, milliseconds(50));
  EXPECT_FALSE(DirLock::Acquire(dir.path(), milliseconds(0)));
}

TEST(DirLockTest, ReleasedByDestructionAndFileStays) {
  const TempDir dir;
  { ASSERT_TRUE(DirLock::Acquire(dir.path(), milliseconds(50))); }
  EXPECT_TRUE(std::filesystem::exists(dir.Sub(".lock")));
  EXPECT_TRUE(DirLock::Acquire(dir.path(), milliseconds(0)));
}

TEST(DirLockTest, MovedLockIsHeldByTheNewObject) {
  const TempDir dir;
  auto lock = DirLock::Acquire(dir.path(), milliseconds(0));
  ASSERT_TRUE(lock);
  std::optional<DirLock> moved = std::move(*lock);
  lock = Fail(Errc::kIo, "gone");
  EXPECT_FALSE(DirLock::Acquire(dir.path(), milliseconds(0)));
  moved.reset();
  EXPECT_TRUE(DirLock::Acquire(dir.path(), milliseconds(0)));
}

TEST(DirLockTest, WaiterGetsItSoonAfterTheRelease) {
  const TempDir dir;
  auto first = DirLock::Acquire(dir.path(), milliseconds(0));
  ASSERT_TRUE(first);
  auto waiter = std::async(std::launch::async,
                           [&] { return DirLock::Acquire(dir.path(), milliseconds(5000)); });
  EXPECT_EQ(waiter.wait_for(milliseconds(30)), std::future_status::timeout);
  first = Fail(Errc::kIo, "released");
  ASSERT_EQ(waiter.wait_for(milliseconds(2000)), std::future_status::ready);
  EXPECT_TRUE(waiter.get());
}

TEST(DirLockTest, AcquireExistingDoesNotBringADirectoryBack) {
  const TempDir dir;
  const auto lock = DirLock::AcquireExisting(dir.Sub("gone"), milliseconds(50));
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Errc::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(dir.Sub("gone")));
  EXPECT_TRUE(DirLock::AcquireExisting(dir.path(), milliseconds(50)));
}

TEST(DirLockTest, FileInPlaceOfTheDirectory) {
  const TempDir dir;
  auto file = AtomicFile::Create(dir.Sub("f"), 0600);
  ASSERT_TRUE(file && file->Commit());
  EXPECT_FALSE(DirLock::Acquire(dir.Sub("f"), milliseconds(50)));
  EXPECT_FALSE(DirLock::AcquireExisting(dir.Sub("f"), milliseconds(50)));
}

}  // namespace
}  // namespace dbrepl
