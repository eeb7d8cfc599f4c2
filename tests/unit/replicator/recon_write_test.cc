#include "replicator/recon/recon_write.h"

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/strings.h"
#include "common/unique_fd.h"
#include "tests/testlib/captured_log.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

class ReconWriteTest : public testing::Test {
 protected:
  Result<> Write(const JsonValue::Object& entries) const {
    return WriteReconCache(file_, entries, log_.logger());
  }
  void Put(const std::string& path, const std::string& content) const {
    std::ofstream(path) << content;
  }
  std::string Content() const {
    std::stringstream content;
    content << std::ifstream(file_).rdbuf();
    return content.str();
  }

  TempDir dir_{TempDir::kInMemory};
  const std::string file_ = ReconCacheFile(dir_.path(), "container");
  CapturedLog log_;
};

TEST_F(ReconWriteTest, MakesTheFileWithSortedKeysForTheOwnerOnly) {
  ASSERT_TRUE(Write({{"b", 1.5}, {"a", JsonValue::Object{{"z", 1}, {"y", "\xc3\xa4"}}}}));
  EXPECT_EQ(Content(), "{\"a\": {\"y\": \"\\u00e4\", \"z\": 1}, \"b\": 1.5}\n");
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()), {}), 1);
}

TEST_F(ReconWriteTest, MergesAsSwiftDoes) {
  struct Case {
    std::string before;
    JsonValue::Object entries;
    std::string after;
  };
  const JsonValue::Object empty;
  const Case cases[] = {
      {R"({"other": [1, {"b": 2, "a": 1}]})",
       {{"k", 1}},
       R"({"k": 1, "other": [1, {"a": 1, "b": 2}]})"},
      {R"({"k": {"a": 1, "b": 2}})",
       {{"k", JsonValue::Object{{"b", 3}}}},
       R"({"k": {"a": 1, "b": 3}})"},
      {R"({"k": {"a": 1, "b": {"c": 2}}})",
       {{"k", JsonValue::Object{{"b", JsonValue::Object{{"d", 4}}}}}},
       R"({"k": {"a": 1, "b": {"d": 4}}})"},
      {R"({"k": {"a": 1, "b": 2}})",
       {{"k", JsonValue::Object{{"b", empty}}}},
       R"({"k": {"a": 1}})"},
      {R"({"k": {"a": 1}})", {{"k", JsonValue::Object{{"x", empty}}}}, R"({"k": {"a": 1}})"},
      {R"({"j": 1})", {{"k", JsonValue::Object{{"x", empty}}}}, R"({"j": 1, "k": {}})"},
      {R"({"j": 1, "k": {"a": 1}})", {{"k", empty}}, R"({"j": 1})"},
      {R"({"k": 5})", {{"k", JsonValue::Object{{"a", 1}}}}, R"({"k": {"a": 1}})"},
      {R"({"k": {"a": 1}})", {{"k", 5}}, R"({"k": 5})"},
      {R"({"k": {"a": 1}})", {{"k", JsonValue()}}, R"({"k": null})"},
      {"{\"k\": 1}\nsecond line", {{"j", 2}}, R"({"j": 2, "k": 1})"},
      {"", {{"j", 2}}, R"({"j": 2})"},
  };
  for (const Case& c : cases) {
    Put(file_, c.before);
    ASSERT_TRUE(Write(c.entries));
    EXPECT_EQ(Content(), c.after + "\n") << c.before;
  }
  EXPECT_TRUE(log_.lines().empty());
}

TEST_F(ReconWriteTest, ABrokenFileBeginsAnewWithAWarning) {
  for (const std::string before : {"{\"k\": 1", "[1]", "7"}) {
    Put(file_, before);
    ASSERT_TRUE(Write({{"j", 2}}));
    EXPECT_EQ(Content(), "{\"j\": 2}\n");
  }
  EXPECT_EQ(log_.Count("what was in it is lost"), 3);
}

TEST_F(ReconWriteTest, NoFolderIsAnErrorWithTheName) {
  const auto written = WriteReconCache("/nonexistent/container.recon", {{"j", 2}}, log_.logger());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "/nonexistent/container.recon: No such file or directory");
}

TEST_F(ReconWriteTest, GivesUpWhenTheLockIsNotHad) {
  Put(file_, "{}");
  const UniqueFd held(::open(file_.c_str(), O_RDWR));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  const auto written = Write({{"j", 2}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kBusy);
  EXPECT_EQ(Content(), "{}");
}

// Another daemon holds the lock, puts a new file in place and lets go of the old one; the next has
// the new one's lock already. Ours must wait for that one, or what it writes is lost.
TEST_F(ReconWriteTest, WaitsForTheLockOfAFileThatReplacedTheFirst) {
  const auto put_locked = [&](const std::string& path, const std::string& content) {
    Put(path, content);
    UniqueFd fd(::open(path.c_str(), O_RDWR));
    EXPECT_EQ(::flock(fd.get(), LOCK_EX), 0);
    return fd;
  };
  // How often this process has the file open that is in place now.
  const auto openings = [&] {
    std::ptrdiff_t count = 0;
    for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code ignored;
      if (std::filesystem::read_symlink(fd.path(), ignored) == file_) ++count;
    }
    return count;
  };
  UniqueFd first = put_locked(file_, "{}");
  std::atomic<bool> done = false;
  std::jthread ours([&] {
    EXPECT_TRUE(Write({{"ours", 1}}));
    done = true;
  });
  while (openings() < 2) std::this_thread::yield();
  UniqueFd second = put_locked(dir_.Sub("new"), R"({"theirs": 1})");
  ASSERT_EQ(std::rename(dir_.Sub("new").c_str(), file_.c_str()), 0);
  first.Reset();
  while (openings() < 2 && !done) std::this_thread::yield();
  EXPECT_FALSE(done);
  Put(dir_.Sub("newer"), R"({"theirs": 2})");
  ASSERT_EQ(std::rename(dir_.Sub("newer").c_str(), file_.c_str()), 0);
  second.Reset();
  ours.join();
  EXPECT_EQ(Content(), "{\"ours\": 1, \"theirs\": 2}\n");
}

}  // namespace
}  // namespace dbrepl
