#include "common/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/strings.h"

namespace dbrepl {
namespace {

// open() that is not bothered by signals.
UniqueFd Open(const std::string& path, int flags) {
  while (true) {
    UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
    if (fd || errno != EINTR) return fd;
  }
}

Result<> Sync(int fd, std::string_view path) {
  while (::fsync(fd) != 0) {
    if (errno != EINTR) return Fail(ErrnoError(errno, path));
  }
  return {};
}

tl::unexpected<Error> TooLong(std::string_view path, std::size_t max_bytes) {
  return Fail(Errc::kBadInput, StrCat(path, ": longer than ", max_bytes, " bytes"));
}

// Everything from the descriptor's position to its end.
Result<std::string> ReadToEnd(int fd, std::string_view path, std::size_t size_hint,
                              std::size_t max_bytes) {
  constexpr std::size_t kChunk = std::size_t{64} * 1024;
  std::string bytes;
  std::size_t used = 0;
  while (true) {
    // One byte beyond the expected size, so that the end is seen without growing once more.
    if (used == bytes.size()) bytes.resize(used == 0 ? size_hint + 1 : used + kChunk);
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(ErrnoError(errno, path));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > max_bytes) return TooLong(path, max_bytes);
  }
  bytes.resize(used);
  return bytes;
}

bool IsDirectory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer. It means nothing to regular files.
  const UniqueFd fd = Open(path, O_RDONLY | O_NONBLOCK);
  if (!fd) return Fail(ErrnoError(errno, path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return Fail(ErrnoError(errno, path));
  if (!S_ISREG(info.st_mode)) return Fail(Errc::kBadInput, StrCat(path, ": not a regular file"));
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > max_bytes) return TooLong(path, max_bytes);
  return ReadToEnd(fd.get(), path, size, max_bytes);
}

Result<> WriteAll(int fd, std::string_view bytes, std::string_view path_for_errors) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail(ErrnoError(errno, path_for_errors));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> SyncDirectory(const std::string& directory) {
  const UniqueFd fd = Open(directory, O_RDONLY | O_DIRECTORY);
  if (!fd) return Fail(ErrnoError(errno, directory));
  return Sync(fd.get(), directory);
}

Result<int> MakeDirectories(const std::string& path) {
  // The leaf first: it mostly exists, and its parents may not be ours to write to.
  constexpr mode_t kMode = 0755;
  if (::mkdir(path.c_str(), kMode) == 0) return 1;
  if (errno == EEXIST && IsDirectory(path)) return 0;
  if (errno == EEXIST) return Fail(Errc::kExists, StrCat(path, ": exists and is no directory"));
  if (errno != ENOENT || path.empty()) return Fail(ErrnoError(errno, path));

  TRY_ASSIGN(const int parents, MakeDirectories(DirName(path)));
  if (::mkdir(path.c_str(), kMode) == 0) return parents + 1;
  if (errno == EEXIST && IsDirectory(path)) return parents;  // somebody was faster, or "a/b/"
  return Fail(ErrnoError(errno, path));
}

std::string DirName(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  const auto last = path.find_last_not_of('/', slash);
  return std::string(last == std::string_view::npos ? "/" : path.substr(0, last + 1));
}

std::string BaseName(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

AtomicFile::AtomicFile(std::string target, std::string temporary, UniqueFd fd)
    : target_(std::move(target)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::Create(std::string target, mode_t mode) {
  constexpr std::string_view kEnding = ".tmp";
  std::string temporary = StrCat(target, ".XXXXXX", kEnding);
  UniqueFd fd(::mkostemps(temporary.data(), static_cast<int>(kEnding.size()), O_CLOEXEC));
  if (!fd) return Fail(ErrnoError(errno, target));
  AtomicFile file(std::move(target), std::move(temporary), std::move(fd));
  if (::fchmod(file.fd(), mode) != 0) return Fail(ErrnoError(errno, file.temporary_));
  return file;
}

Result<> AtomicFile::Write(std::string_view bytes) { return WriteAll(fd(), bytes, target_); }

Result<> AtomicFile::Commit(Durability durability) {
  if (durability == Durability::kSync) TRY(Sync(fd(), target_));
  // Some file systems tell of a full disk or quota only here.
  if (::close(fd_.Release()) != 0 && errno != EINTR) return Fail(ErrnoError(errno, target_));
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return Fail(ErrnoError(errno, target_));
  temporary_.clear();
  if (durability == Durability::kSync) return SyncDirectory(DirName(target_));
  return {};
}

}  // namespace dbrepl
