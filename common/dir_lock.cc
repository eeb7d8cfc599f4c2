#include "common/dir_lock.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>

#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause{10};

// True when the lock is ours, false when somebody else has it.
Result<bool> TryLock(int fd, std::string_view path) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return Fail(ErrnoError(errno, path));
  }
  return true;
}

// Swift's rhythm: short pauses during the first hundredth of the timeout, then longer ones, so that
// many waiters do not eat the processor.
Result<> PollLock(int fd, std::string_view path, milliseconds timeout) {
  const auto begin = steady_clock::now();
  const auto end = begin + timeout;
  const milliseconds hundredth = timeout / 100;
  while (true) {
    TRY_ASSIGN(const bool locked, TryLock(fd, path));
    if (locked) return {};
    const auto now = steady_clock::now();
    if (now >= end) {
      return Fail(Errc::kBusy, StrCat(path, ": not had within ", timeout.count(),
                                      " ms, somebody else holds it"));
    }
    const auto pause = now - begin > hundredth ? std::max(hundredth, kFirstPause) : kFirstPause;
    std::this_thread::sleep_for(std::min<steady_clock::duration>(pause, end - now));
  }
}

}  // namespace

Result<DirLock> DirLock::Acquire(const std::string& directory, milliseconds timeout) {
  TRY(MakeDirectories(directory));
  return AcquireExisting(directory, timeout);
}

Result<DirLock> DirLock::AcquireExisting(const std::string& directory, milliseconds timeout) {
  const std::string path = StrCat(directory, "/.lock");
  // Neither through a link, which would make a file elsewhere, nor waiting for a pipe's reader.
  constexpr int kFlags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), kFlags, 0755));
  if (!fd) return Fail(ErrnoError(errno, path));
  TRY(PollLock(fd.get(), path, timeout));
  return DirLock(std::move(fd));
}

}  // namespace dbrepl
