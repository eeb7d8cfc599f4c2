#include "common/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check.h"
#include "common/strings.h"
#include "common/unique_fd.h"

namespace dbrepl {
namespace {

constexpr std::size_t kReadBytes = 4096;

class SpawnActions {
 public:
  SpawnActions() { CHECK(::posix_spawn_file_actions_init(&actions_) == 0); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
 public:
  SpawnAttributes() { CHECK(::posix_spawnattr_init(&attributes_) == 0); }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// Wakes the poll when a stop is requested, from whatever thread.
class StopWaker {
 public:
  explicit StopWaker(int event_fd) : event_fd_(event_fd) {}
  void operator()() const {
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from its limit.
    [[maybe_unused]] const ssize_t written = ::write(event_fd_, &one, sizeof(one));
  }

 private:
  int event_fd_;
};

Result<pid_t> Spawn(const std::vector<std::string>& arguments, int output_fd) {
  SpawnActions actions;
  CHECK(::posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0) == 0);
  CHECK(::posix_spawn_file_actions_adddup2(actions.get(), output_fd, 1) == 0);
  CHECK(::posix_spawn_file_actions_adddup2(actions.get(), output_fd, 2) == 0);
  CHECK(::posix_spawn_file_actions_addclosefrom_np(actions.get(), 3) == 0);
  SpawnAttributes attributes;
  sigset_t none{};
  sigset_t all{};
  sigemptyset(&none);
  sigfillset(&all);
  CHECK(::posix_spawnattr_setsigmask(attributes.get(), &none) == 0);
  CHECK(::posix_spawnattr_setsigdefault(attributes.get(), &all) == 0);
  CHECK(::posix_spawnattr_setflags(attributes.get(),
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  // posix_spawn takes char* for C's sake and does not write.
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int problem =
      ::posix_spawnp(&pid, argv[0], actions.get(), attributes.get(), argv.data(), environ);
  if (problem != 0) return Fail(ErrnoError(problem, arguments[0]));
  return pid;
}

// glibc 2.36 declares pidfd_open without C linkage.
UniqueFd OpenPidFd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// A child that runs or waits to be reaped. The destructor leaves neither.
class Child {
 public:
  static Result<Child> Start(const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(ErrnoError(errno, "pipe"));
    UniqueFd read_end(ends[0]);
    const UniqueFd write_end(ends[1]);
    // Only our end: the child's own writes should wait.
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    TRY_ASSIGN(const pid_t pid, Spawn(arguments, write_end.get()));
    Child child(pid, std::move(read_end));
    child.pid_fd_ = OpenPidFd(pid);
    if (!child.pid_fd_) return Fail(ErrnoError(errno, StrCat(arguments[0], ": pidfd_open")));
    return child;
  }

  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)),
        output_fd_(std::move(other.output_fd_)),
        pid_fd_(std::move(other.pid_fd_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ == 0) return;
    Signal(SIGKILL);
    Reap();
  }

  void Signal(int number) const { ::kill(pid_, number); }
  // Waits for its end. nullopt: somebody else took its status (SIGCHLD is ignored).
  std::optional<int> Reap() {
    int status = 0;
    pid_t reaped = 0;
    do {
      reaped = ::waitpid(pid_, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    pid_ = 0;
    if (reaped < 0) return std::nullopt;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

  int pid_fd() const { return pid_fd_.get(); }
  int output_fd() const { return output_fd_.get(); }
  // Takes what is there, up to `limit` bytes in all. False: nobody will write any more.
  bool ReadOutput(std::string& output, std::size_t limit) const {
    std::array<char, kReadBytes> bytes{};
    while (true) {
      const ssize_t got = ::read(output_fd_.get(), bytes.data(), bytes.size());
      if (got == 0) return false;
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN;
      const std::size_t room = limit - std::min(limit, output.size());
      output.append(bytes.data(), std::min(room, static_cast<std::size_t>(got)));
    }
  }

 private:
  Child(pid_t pid, UniqueFd output_fd) : pid_(pid), output_fd_(std::move(output_fd)) {}

  pid_t pid_ = 0;  // 0: reaped
  UniqueFd output_fd_;
  UniqueFd pid_fd_;
};

int PollMilliseconds(Deadline deadline) {
  const auto remaining = deadline.Remaining(SystemClock());
  if (remaining == Deadline::Duration::max()) return -1;
  const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(remaining).count();
  return static_cast<int>(std::min<std::int64_t>(rounded_up, INT_MAX));
}

enum class Ended { kByItself, kDeadline, kStop };

// Until the child ended, the deadline passed or, unless `stop_fd` is -1, a stop was requested.
Ended Watch(const Child& child, int stop_fd, Deadline deadline, std::string& output,
            std::size_t max_output) {
  std::array<pollfd, 3> polled{
      {{child.pid_fd(), POLLIN, 0}, {child.output_fd(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
  while (true) {
    const int ready = ::poll(polled.data(), polled.size(), PollMilliseconds(deadline));
    if (ready < 0) continue;  // EINTR; nothing else can happen to these descriptors
    if (polled[1].revents != 0 && !child.ReadOutput(output, max_output)) polled[1].fd = -1;
    if (polled[0].revents != 0) return Ended::kByItself;
    if (polled[2].revents != 0) return Ended::kStop;
    if (deadline.Passed(SystemClock())) return Ended::kDeadline;
  }
}

}  // namespace

Result<ChildExit> RunChild(const std::vector<std::string>& arguments, const ChildOptions& options) {
  CHECK(!arguments.empty());
  if (options.stop.stop_requested()) {
    return Fail(Errc::kCancelled, StrCat(arguments[0], ": a stop was requested"));
  }
  const UniqueFd stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event) return Fail(ErrnoError(errno, "eventfd"));
  TRY_ASSIGN(Child child, Child::Start(arguments));
  const std::stop_callback waker(options.stop, StopWaker(stop_event.get()));
  ChildExit exit;
  const Ended ended =
      Watch(child, stop_event.get(), options.deadline, exit.output, options.max_output);
  if (ended != Ended::kByItself) {
    child.Signal(SIGTERM);
    const Deadline grace = Deadline::After(options.grace, SystemClock());
    if (Watch(child, -1, grace, exit.output, options.max_output) != Ended::kByItself) {
      child.Signal(SIGKILL);
    }
  }
  const std::optional<int> code = child.Reap();
  // What it wrote last; a grandchild that holds the pipe open is not waited for.
  child.ReadOutput(exit.output, options.max_output);
  if (ended == Ended::kStop) {
    return Fail(Errc::kCancelled, StrCat(arguments[0], ": a stop was requested"));
  }
  if (ended == Ended::kDeadline) {
    return Fail(Errc::kTimeout, StrCat(arguments[0], ": did not end in time"));
  }
  if (!code) {
    return Fail(Errc::kIo, StrCat(arguments[0], ": its exit status is lost"),
                "start this program with SIGCHLD not ignored");
  }
  exit.code = *code;
  return exit;
}

}  // namespace dbrepl
