#include "common/child_process.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "common/strings.h"
#include "common/unique_fd.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

Result<ChildExit> Shell(const std::string& script, const ChildOptions& options = {}) {
  return RunChild({"sh", "-c", script}, options);
}

ChildOptions EndsAfter(std::chrono::milliseconds timeout) {
  ChildOptions options;
  options.deadline = Deadline::After(timeout, SystemClock());
  return options;
}

// No child of this process is left, running or zombie.
bool HasNoChildren() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

void WaitForFile(const std::string& path) {
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST(ChildProcess, ReportsHowItEnded) {
  const struct {
    const char* script;
    int code;
    const char* output;
  } cases[] = {
      {"exit 0", 0, ""},
      {"exit 23", 23, ""},
      {"echo out; echo err >&2; exit 1", 1, "out\nerr\n"},
      {"kill -9 $$", -SIGKILL, ""},
      {"kill -15 $$", -SIGTERM, ""},
      {"cat; echo end", 0, "end\n"},  // its input is empty
  };
  for (const auto& it : cases) {
    const auto exit = Shell(it.script);
    ASSERT_TRUE(exit) << it.script << ": " << exit.error().message;
    EXPECT_EQ(exit->code, it.code) << it.script;
    EXPECT_EQ(exit->output, it.output) << it.script;
  }
  EXPECT_TRUE(HasNoChildren());
}

TEST(ChildProcess, ArgumentsArriveAsTheyAre) {
  const auto exit = RunChild({"printf", "%s|", "a b", "", "$HOME", "*", "'\""}, {});
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->output, "a b||$HOME|*|'\"|");
}

TEST(ChildProcess, MissingProgramIsNotFound) {
  for (const char* name : {"no-such-program-anywhere", "/no/such/program"}) {
    const auto exit = RunChild({name}, {});
    ASSERT_FALSE(exit);
    EXPECT_EQ(exit.error().code, Errc::kNotFound) << name;
    EXPECT_NE(exit.error().message.find(name), std::string::npos);
  }
  EXPECT_TRUE(HasNoChildren());
}

TEST(ChildProcess, OutputIsBounded) {
  ChildOptions options;
  options.max_output = 1000;
  const auto exit = Shell("head -c 3000000 /dev/zero | tr '\\0' x; exit 3", options);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 3);
  EXPECT_EQ(exit->output, std::string(1000, 'x'));
}

TEST(ChildProcess, ChildHasNoDescriptorOfOurs) {
  const UniqueFd leaky(::open("/dev/zero", O_RDONLY));  // not close-on-exec
  ASSERT_TRUE(leaky);
  const UniqueFd high(::fcntl(leaky.get(), F_DUPFD, 200));
  ASSERT_TRUE(high);
  const auto exit = Shell("ls /proc/$$/fd | sort -n | tr '\\n' ' '");
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->output.substr(0, 6), "0 1 2 ") << exit->output;
  for (const std::string_view number : Split(exit->output, ' ')) {
    EXPECT_LT(ParseInt<int>(number).value_or(0), 20) << exit->output;  // the shell's own may be 10
  }
}

TEST(ChildProcess, SignalsAreAsIfStartedFromAShell) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  auto* const old = ::signal(SIGPIPE, SIG_IGN);
  const auto exit = RunChild({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}, {});
  ::signal(SIGPIPE, old);
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  ASSERT_TRUE(exit);
  // Signals 32 and 33 are the C library's own.
  EXPECT_EQ(exit->output.substr(0, 24), "SigBlk:\t0000000000000000");
  const auto ignored = ParseInt<std::uint64_t>(exit->output.substr(33, 16), 16);
  ASSERT_TRUE(ignored) << exit->output;
  EXPECT_EQ(*ignored & 0x7fffffff, 0U) << exit->output;
}

TEST(ChildProcess, DeadlineEndsIt) {
  const auto exit = Shell("exec sleep 600", EndsAfter(std::chrono::milliseconds(50)));
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::kTimeout);
  EXPECT_TRUE(HasNoChildren());
}

TEST(ChildProcess, ChildThatIgnoresTermIsKilled) {
  const TempDir directory;
  std::stop_source stop;
  ChildOptions options;
  options.stop = stop.get_token();
  options.grace = std::chrono::milliseconds(50);
  std::jthread stopper([&] {
    WaitForFile(directory.Sub("ready"));
    stop.request_stop();
  });
  const auto exit =
      Shell(StrCat("trap '' TERM; : > ", directory.Sub("ready"), "; while :; do sleep 0.05; done"),
            options);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::kCancelled);
  EXPECT_TRUE(HasNoChildren());
}

TEST(ChildProcess, StopIsATermAndItMayTidyUp) {
  const TempDir directory;
  std::stop_source stop;
  ChildOptions options;
  options.stop = stop.get_token();
  options.grace = std::chrono::seconds(60);
  std::jthread stopper([&] {
    WaitForFile(directory.Sub("ready"));
    stop.request_stop();
  });
  const auto exit = Shell(StrCat("trap ': > ", directory.Sub("tidied"), "; exit 0' TERM; : > ",
                                 directory.Sub("ready"), "; while :; do sleep 0.05; done"),
                          options);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::kCancelled);
  EXPECT_TRUE(std::filesystem::exists(directory.Sub("tidied")));
  EXPECT_TRUE(HasNoChildren());
}

TEST(ChildProcess, StopBeforeTheStartStartsNothing) {
  const TempDir directory;
  std::stop_source stop;
  stop.request_stop();
  ChildOptions options;
  options.stop = stop.get_token();
  const auto exit = Shell(StrCat(": > ", directory.Sub("ran")), options);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(directory.Sub("ran")));
}

TEST(ChildProcess, GrandchildThatKeepsTheOutputOpenIsNotWaitedFor) {
  const TempDir directory;
  const auto exit = Shell(StrCat("sleep 600 & echo $! > ", directory.Sub("pid"), "; echo done"));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->output, "done\n");
  pid_t grandchild = 0;
  std::ifstream(directory.Sub("pid")) >> grandchild;
  ASSERT_GT(grandchild, 1);
  ::kill(grandchild, SIGKILL);
}

TEST(ChildProcess, LostExitStatusIsAnError) {
  auto* const old = ::signal(SIGCHLD, SIG_IGN);
  const auto exit = Shell("exit 0");
  ::signal(SIGCHLD, old);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::kIo);
}

TEST(ChildProcess, ManyThreadsAtOnce) {
  const auto count_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = count_descriptors();
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([thread] {
      for (int round = 0; round < 8; ++round) {
        const auto exit = Shell(StrCat("echo ", thread, "-", round, "; exit ", thread));
        ASSERT_TRUE(exit) << exit.error().message;
        EXPECT_EQ(exit->code, thread);
        EXPECT_EQ(exit->output, StrCat(thread, "-", round, "\n"));
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(HasNoChildren());
  EXPECT_EQ(count_descriptors(), before);
}

}  // namespace
}  // namespace dbrepl
