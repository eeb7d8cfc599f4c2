#include "daemons/supervisor.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr char kListenerKey[] = "DBREPL_INHERITED_LISTENER";
constexpr char kOldWorkerKey[] = "DBREPL_OLD_WORKER";
// A worker that keeps dying is not restarted in a tight circle.
constexpr std::chrono::seconds kRestartPause{1};
// Workers stop by themselves earlier than that.
constexpr std::chrono::seconds kStopBound{10};

sigset_t HandledSignals() {
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD}) ::sigaddset(&set, number);
  return set;
}

// The next signal, or nullopt when none comes in time.
std::optional<int> WaitForSignal(const sigset_t& set, std::chrono::milliseconds patience) {
  timespec time{};
  time.tv_sec = patience.count() / 1000;
  time.tv_nsec = patience.count() % 1000 * 1'000'000;
  const int number = ::sigtimedwait(&set, nullptr, &time);
  return number > 0 ? std::optional(number) : std::nullopt;
}

std::optional<int> NumberFromEnvironment(const char* key) {
  // NOLINTBEGIN(concurrency-mt-unsafe): this process has one thread
  const char* text = ::getenv(key);
  const auto number = text == nullptr ? std::nullopt : ParseInt<int>(text);
  ::unsetenv(key);
  // NOLINTEND(concurrency-mt-unsafe)
  return number;
}

class Supervisor {
 public:
  Supervisor(UniqueFd listener, pid_t old_worker, const SupervisorOptions& options,
             const WorkerMain& worker_main)
      : listener_(std::move(listener)),
        old_worker_(old_worker),
        options_(options),
        worker_main_(worker_main) {}

  int Run();

 private:
  // False: the worker ended before it was ready.
  bool StartWorker();
  [[noreturn]] void BecomeWorker(pid_t supervisor, UniqueFd ready);
  void OnReady();
  void Reap();
  // True: the supervisor is to end.
  bool OnSignal(int number);
  void Stop(int number);
  void Reload();

  UniqueFd listener_;
  pid_t old_worker_;
  const SupervisorOptions& options_;
  const WorkerMain& worker_main_;
  const sigset_t signals_ = HandledSignals();
  pid_t worker_ = 0;  // 0: none runs
};

bool Supervisor::StartWorker() {
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) return false;
  const UniqueFd read_end(pipe_ends[0]);
  UniqueFd write_end(pipe_ends[1]);
  const pid_t supervisor = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    options_.logger.Error(ErrnoError(errno, "fork").message);
    return false;
  }
  if (pid == 0) BecomeWorker(supervisor, std::move(write_end));
  write_end.Reset();
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(read_end.get(), &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) {
    ::waitpid(pid, nullptr, 0);
    return false;
  }
  worker_ = pid;
  options_.logger.Notice("Started child ", pid, " from parent ", ::getpid());
  return true;
}

void Supervisor::BecomeWorker(pid_t supervisor, UniqueFd ready) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD}) ::signal(number, SIG_DFL);
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  const int code = worker_main_(std::move(listener_), [this, supervisor, &ready] {
    CloseStandardStreams(options_.keep_stderr);
    // Only now, for the switch of users takes it away again.
    ::prctl(PR_SET_PDEATHSIG, SIGHUP);
    // Who died before that is not reported any more.
    if (::getppid() != supervisor) ::raise(SIGHUP);
    static_cast<void>(::write(ready.get(), "R", 1));
    ready.Reset();
  });
  ::_exit(code);
}

void Supervisor::OnReady() {
  CloseStandardStreams(options_.keep_stderr);
  if (old_worker_ > 0) ::kill(old_worker_, SIGUSR1);
  NotifyServiceManager("READY=1");
}

void Supervisor::Reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0;
       pid = ::waitpid(-1, &status, WNOHANG)) {
    if (pid == old_worker_) old_worker_ = 0;
    if (pid != worker_) continue;
    worker_ = 0;
    options_.logger.Error("Removing dead child ", pid, " from parent ", ::getpid(),
                          WIFSIGNALED(status) ? StrCat(" (signal ", WTERMSIG(status), ")")
                                              : StrCat(" (exit code ", WEXITSTATUS(status), ")"));
  }
}

bool Supervisor::OnSignal(int number) {
  switch (number) {
    case SIGCHLD: Reap(); return false;
    case SIGUSR1: Reload(); return false;
    default: Stop(number); return true;
  }
}

void Supervisor::Stop(int number) {
  NotifyServiceManager("STOPPING=1");
  if (number == SIGINT) {
    options_.logger.Notice("User quit");
  } else {
    options_.logger.Notice(number == SIGHUP ? "SIGHUP" : "SIGTERM", " received (", ::getpid(), ")");
  }
  listener_.Reset();
  if (number == SIGHUP) {
    // Their parent's end tells them, too; this is earlier.
    if (worker_ > 0) ::kill(worker_, SIGHUP);
    return;
  }
  // The whole group: also workers of generations that only they know of.
  ::signal(SIGTERM, SIG_IGN);
  ::killpg(0, SIGTERM);
  const auto bound = std::chrono::steady_clock::now() + kStopBound;
  while (std::chrono::steady_clock::now() < bound) {
    if (::waitpid(-1, nullptr, WNOHANG) < 0) return;
    static_cast<void>(WaitForSignal(signals_, std::chrono::milliseconds(50)));
  }
}

void Supervisor::Reload() {
  options_.logger.Notice("SIGUSR1 received (", ::getpid(), ")");
  if (const auto checked = options_.check_new_generation(); !checked) {
    options_.logger.Error("not reloaded, the old generation stays: ", checked.error().message);
    return;
  }
  // NOLINTBEGIN(concurrency-mt-unsafe): this process has one thread
  ::setenv(kListenerKey, StrCat(listener_.get()).c_str(), 1);
  ::setenv(kOldWorkerKey, StrCat(worker_).c_str(), 1);
  // NOLINTEND(concurrency-mt-unsafe)
  const int flags = ::fcntl(listener_.get(), F_GETFD);
  ::fcntl(listener_.get(), F_SETFD, flags & ~FD_CLOEXEC);
  std::vector<char*> arguments;
  arguments.reserve(options_.command.size() + 1);
  for (const std::string& word : options_.command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(options_.program.c_str(), arguments.data());
  options_.logger.Error(ErrnoError(errno, StrCat("not reloaded: ", options_.program)).message);
  ::fcntl(listener_.get(), F_SETFD, flags);
}

int Supervisor::Run() {
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  if (!StartWorker()) return 1;
  OnReady();
  while (true) {
    const auto number = WaitForSignal(signals_, std::chrono::milliseconds(kRestartPause));
    if (number && OnSignal(*number)) break;
    // Not at once after its end, but when a second was quiet.
    if (!number && worker_ == 0) StartWorker();
  }
  options_.logger.Notice("Exited (", ::getpid(), ")");
  return 0;
}

}  // namespace

Inheritance TakeInheritance() {
  Inheritance inheritance;
  const auto listener = NumberFromEnvironment(kListenerKey);
  inheritance.old_worker = NumberFromEnvironment(kOldWorkerKey).value_or(0);
  if (!listener || *listener <= STDERR_FILENO) return inheritance;
  const int flags = ::fcntl(*listener, F_GETFD);
  if (flags < 0) return inheritance;
  ::fcntl(*listener, F_SETFD, flags | FD_CLOEXEC);
  inheritance.listener = UniqueFd(*listener);
  return inheritance;
}

int Supervise(UniqueFd listener, Inheritance inheritance, const SupervisorOptions& options,
              const WorkerMain& worker_main) {
  return Supervisor(std::move(listener), inheritance.old_worker, options, worker_main).Run();
}

}  // namespace dbrepl
