#include "common/files.h"

#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Names(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

void Put(const std::string& path, std::string_view bytes) {
  auto file = AtomicFile::Create(path, 0644);
  ASSERT_TRUE(file && file->Write(bytes) && file->Commit(AtomicFile::Durability::kNone));
}

// A file system of 64 KiB; needs the right to mount.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, "size=64k") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount(dir_.path().c_str());
  }
  bool mounted() const { return mounted_; }
  std::string Sub(std::string_view name) const { return dir_.Sub(name); }
  const std::string& path() const { return dir_.path(); }

 private:
  TempDir dir_;
  bool mounted_;
};

TEST(PathTest, DirNameAndBaseName) {
  struct Case {
    const char* path;
    const char* directory;
    const char* base;
  };
  for (const auto& [path, directory, base] : {Case{"/a/b.db", "/a", "b.db"},
                                              {"b.db", ".", "b.db"},
                                              {"/b", "/", "b"},
                                              {"/", "/", ""},
                                              {"//b", "/", "b"},
                                              {"a//b", "a", "b"},
                                              {"a/b/", "a/b", ""},
                                              {"", ".", ""}}) {
    EXPECT_EQ(DirName(path), directory) << path;
    EXPECT_EQ(BaseName(path), base) << path;
  }
}

TEST(ReadFileTest, ReturnsAllBytes) {
  const TempDir dir;
  const std::string bytes = std::string("a\0b\n", 4) + std::string(200'000, 'x');
  Put(dir.Sub("f"), bytes);
  EXPECT_EQ(*ReadFile(dir.Sub("f"), bytes.size()), bytes);
  Put(dir.Sub("empty"), "");
  EXPECT_EQ(*ReadFile(dir.Sub("empty"), 0), "");
}

TEST(ReadFileTest, ReadsFilesWhoseSizeTheSystemDoesNotKnow) {
  EXPECT_THAT(*ReadFile("/proc/self/status", 100'000), HasSubstr("Name:"));
  EXPECT_EQ(ReadFile("/proc/self/status", 10).error().code, Errc::kBadInput);
}

TEST(ReadFileTest, RefusesWhatIsMissingTooLongOrNoFile) {
  const TempDir dir;
  EXPECT_EQ(ReadFile(dir.Sub("none"), 10).error().code, Errc::kNotFound);
  EXPECT_THAT(ReadFile(dir.Sub("none"), 10).error().message, HasSubstr(dir.Sub("none")));
  Put(dir.Sub("long"), "0123456789");
  EXPECT_EQ(*ReadFile(dir.Sub("long"), 10), "0123456789");
  EXPECT_EQ(ReadFile(dir.Sub("long"), 9).error().code, Errc::kBadInput);
  EXPECT_EQ(ReadFile(dir.path(), 10).error().code, Errc::kBadInput);
  ASSERT_EQ(::mkfifo(dir.Sub("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(dir.Sub("fifo"), 10).error().code, Errc::kBadInput);
}

TEST(WriteAllTest, WritesOnThroughAPipeThatTakesLittleAtATime) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const std::string bytes(300'000, 'y');
  std::string seen;
  std::thread other([&] {
    char chunk[1000];
    ssize_t got = 0;
    while ((got = ::read(reader.get(), chunk, sizeof(chunk))) > 0) {
      seen.append(chunk, static_cast<std::size_t>(got));
    }
  });
  EXPECT_TRUE(WriteAll(writer.get(), bytes, "pipe"));
  writer.Reset();
  other.join();
  EXPECT_EQ(seen, bytes);
}

TEST(WriteAllTest, FullDeviceIsNoSpace) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  const auto result = WriteAll(full.get(), "x", "/srv/node/sda/x.db");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kNoSpace);
  EXPECT_THAT(result.error().message, HasSubstr("/srv/node/sda/x.db"));
}

TEST(MakeDirectoriesTest, CountsWhatItMade) {
  const TempDir dir;
  EXPECT_EQ(*MakeDirectories(dir.Sub("a/b/c")), 3);
  EXPECT_EQ(*MakeDirectories(dir.Sub("a/b/c")), 0);
  EXPECT_EQ(*MakeDirectories(dir.Sub("a/b/d/e/")), 2);
  EXPECT_EQ(*MakeDirectories(dir.Sub("a//x")), 1);
  EXPECT_TRUE(std::filesystem::is_directory(dir.Sub("a/b/d/e")));
  EXPECT_EQ(ModeOf(dir.Sub("a/b")) & ~0755U, 0U);
}

TEST(MakeDirectoriesTest, FileInTheWay) {
  const TempDir dir;
  Put(dir.Sub("f"), "x");
  EXPECT_EQ(MakeDirectories(dir.Sub("f")).error().code, Errc::kExists);
  EXPECT_FALSE(MakeDirectories(dir.Sub("f/g")));
  EXPECT_FALSE(MakeDirectories(""));
}

TEST(SyncDirectoryTest, OnlyDirectories) {
  const TempDir dir;
  EXPECT_TRUE(SyncDirectory(dir.path()));
  EXPECT_EQ(SyncDirectory(dir.Sub("none")).error().code, Errc::kNotFound);
  Put(dir.Sub("f"), "x");
  EXPECT_FALSE(SyncDirectory(dir.Sub("f")));
}

TEST(AtomicFileTest, TargetChangesOnlyWithCommit) {
  const TempDir dir;
  Put(dir.Sub("ring"), "old");
  auto file = AtomicFile::Create(dir.Sub("ring"), 0640);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->Write("ne"));
  ASSERT_TRUE(file->Write("w"));
  EXPECT_EQ(*ReadFile(dir.Sub("ring"), 10), "old");
  EXPECT_THAT(file->temporary_path(), testing::MatchesRegex(".*/ring\\.[^.]{6}\\.tmp"));
  ASSERT_TRUE(file->Commit());
  EXPECT_EQ(*ReadFile(dir.Sub("ring"), 10), "new");
  EXPECT_EQ(ModeOf(dir.Sub("ring")), 0640U);
  EXPECT_THAT(Names(dir.path()), ElementsAre("ring"));
}

TEST(AtomicFileTest, ModeIsExactWhateverTheUmask) {
  const TempDir dir;
  const mode_t before = ::umask(077);
  Put(dir.Sub("f"), "x");
  ::umask(before);
  EXPECT_EQ(ModeOf(dir.Sub("f")), 0644U);
}

TEST(AtomicFileTest, WithoutCommitNothingStays) {
  const TempDir dir;
  {
    auto file = AtomicFile::Create(dir.Sub("f"), 0600);
    ASSERT_TRUE(file && file->Write("x"));
    const AtomicFile moved = std::move(*file);
    EXPECT_THAT(Names(dir.path()), testing::SizeIs(1));
  }
  EXPECT_THAT(Names(dir.path()), IsEmpty());
}

TEST(AtomicFileTest, MovedFileIsNotRemovedByTheOldObject) {
  const TempDir dir;
  auto file = AtomicFile::Create(dir.Sub("f"), 0600);
  ASSERT_TRUE(file);
  AtomicFile moved = std::move(*file);
  file = Fail(Errc::kIo, "gone");
  ASSERT_TRUE(moved.Write("x"));
  ASSERT_TRUE(moved.Commit());
  EXPECT_EQ(*ReadFile(dir.Sub("f"), 10), "x");
}

TEST(AtomicFileTest, FailedRenameLeavesTargetAndNoTemporary) {
  const TempDir dir;
  ASSERT_TRUE(MakeDirectories(dir.Sub("target")));
  {
    auto file = AtomicFile::Create(dir.Sub("target"), 0600);
    ASSERT_TRUE(file && file->Write("x"));
    EXPECT_FALSE(file->Commit());
  }
  EXPECT_THAT(Names(dir.path()), ElementsAre("target"));
  EXPECT_TRUE(std::filesystem::is_directory(dir.Sub("target")));
}

TEST(AtomicFileTest, MissingDirectoryIsNotFound) {
  const TempDir dir;
  EXPECT_EQ(AtomicFile::Create(dir.Sub("none/f"), 0600).error().code, Errc::kNotFound);
}

TEST(AtomicFileTest, FullDiskLeavesTheOldFileAndNoTemporary) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount; /dev/full is covered by WriteAllTest";
  Put(disk.Sub("ring"), "old");
  {
    auto file = AtomicFile::Create(disk.Sub("ring"), 0600);
    ASSERT_TRUE(file);
    const auto result = file->Write(std::string(200'000, 'z'));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::kNoSpace);
    EXPECT_THAT(result.error().message, HasSubstr(disk.Sub("ring")));
  }
  EXPECT_THAT(Names(disk.path()), ElementsAre("ring"));
  EXPECT_EQ(*ReadFile(disk.Sub("ring"), 10), "old");
}

}  // namespace
}  // namespace dbrepl
