#include "daemons/daemon_process.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/strings.h"
#include "common/unique_fd.h"

namespace dbrepl {
namespace {

constexpr int kLargeBlockBytes = 256 << 10;
constexpr int kKeptHeapBytes = 1 << 20;

Error BadPriority(std::string_view option, std::string_view value) {
  return {Errc::kBadInput, StrCat(option, ": not a value it can have: ", Printable(value)), {}};
}

Result<> SetIoPriority(const std::string& class_name, const std::string& priority) {
  constexpr std::array<std::string_view, 4> kClasses{"", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
                                                     "IOPRIO_CLASS_IDLE"};
  constexpr int kWhoIsProcess = 1;
  constexpr int kClassShift = 13;
  int class_number = 0;
  for (std::size_t i = 1; i < kClasses.size(); ++i)
    if (kClasses[i] == class_name) class_number = static_cast<int>(i);
  const auto level = priority.empty() ? std::optional(0) : ParseInt<int>(priority);
  if (class_number == 0) return Fail(BadPriority("ionice_class", class_name));
  if (!level || *level < 0 || *level > 7) return Fail(BadPriority("ionice_priority", priority));
  if (::syscall(SYS_ioprio_set, kWhoIsProcess, 0, class_number << kClassShift | *level) != 0)
    return Fail(ErrnoError(errno, "ioprio_set"));
  return {};
}

}  // namespace

Result<> SwitchUser(const std::string& user) {
  std::vector<char> buffer(65536);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return Fail(Errc::kBadInput, StrCat("user: there is no user ", Printable(user)),
                "set `user` to the owner of the databases");
  }
  if (::geteuid() == 0 && ::initgroups(user.c_str(), entry.pw_gid) != 0)
    return Fail(ErrnoError(errno, StrCat("user: groups of ", user)));
  if (::setgid(entry.pw_gid) != 0 || ::setuid(entry.pw_uid) != 0)
    return Fail(ErrnoError(errno, StrCat("user: cannot become ", user)));
  ::setenv("HOME", entry.pw_dir, 1);  // NOLINT(concurrency-mt-unsafe): before there are threads
  return {};
}

void LeaveStartersEnvironment() {
  // Fails for the leader of a group, who has what is wanted.
  static_cast<void>(::setsid());
  static_cast<void>(::chdir("/"));
  ::umask(022);
  ::setenv("TZ", "UTC+0", 1);  // NOLINT(concurrency-mt-unsafe): before there are threads
  ::tzset();
}

void CloseStandardStreams(KeepStderr keep_stderr) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(null.get(), STDOUT_FILENO);
  if (keep_stderr == KeepStderr::kNo) ::dup2(null.get(), STDERR_FILENO);
}

void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void UseFewArenas() { ::mallopt(M_ARENA_MAX, 4); }

void KeepFreedMemory() {
  // Left to itself, glibc raises the first limit with the first large block and keeps the others,
  // and gives back what a database took as soon as it is done with, for the next to fault in again.
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlockBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptHeapBytes);
}

Result<> SetPriority(const std::string& nice_priority, const std::string& ionice_class,
                     const std::string& ionice_priority) {
  if (!nice_priority.empty()) {
    const auto level = ParseInt<int>(nice_priority);
    if (!level || *level < -20 || *level > 19)
      return Fail(BadPriority("nice_priority", nice_priority));
    if (::setpriority(PRIO_PROCESS, 0, *level) != 0)
      return Fail(ErrnoError(errno, "nice_priority"));
  }
  if (ionice_class.empty()) return {};
  return SetIoPriority(ionice_class, ionice_priority);
}

void NotifyServiceManager(std::string_view state) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment once there are threads
  const char* path = ::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length == 0 || length >= sizeof(address.sun_path)) return;
  std::memcpy(address.sun_path, path, length);
  // "@name" stands for the abstract name that begins with a NUL.
  if (path[0] == '@') address.sun_path[0] = '\0';
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

}  // namespace dbrepl
