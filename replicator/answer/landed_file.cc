#include "replicator/answer/landed_file.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/strings.h"

namespace dbrepl {

Result<LandedFile> LandedFile::Take(const DeviceRoot& device, const LandingName& name,
                                    Random& random) {
  TRY_ASSIGN(UniqueFd tmp, device.OpenTmp(DeviceRoot::Missing::kFail));
  const std::string taken = StrCat(Uuid4(random), ".received");
  if (::renameat2(tmp.get(), name.value().c_str(), tmp.get(), taken.c_str(), RENAME_NOREPLACE) != 0)
    return Fail(ErrnoError(errno, StrCat(device.path(), "/tmp/", name.value())));
  LandedFile file(std::move(tmp), name.value(), taken, StrCat(device.path(), "/tmp/", taken));
  TRY(file.CheckType());
  return file;
}

LandedFile::~LandedFile() {
  if (!tmp_) return;
  ::unlinkat(tmp_.get(), StrCat(taken_, "-journal").c_str(), 0);
  if (changed_ || ::renameat2(tmp_.get(), taken_.c_str(), tmp_.get(), landing_.c_str(),
                              RENAME_NOREPLACE) != 0) {
    ::unlinkat(tmp_.get(), taken_.c_str(), 0);
  }
}

Result<> LandedFile::CheckType() const {
  struct stat status {};
  if (::fstatat(tmp_.get(), taken_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return Fail(ErrnoError(errno, path_));
  if (!S_ISREG(status.st_mode))
    return Fail(Errc::kBadInput, StrCat("tmp/", landing_, ": not a regular file"));
  if (status.st_nlink != 1)
    return Fail(Errc::kBadInput, StrCat("tmp/", landing_, ": has a second name"));
  return {};
}

Result<UniqueFd> LandedFile::OpenForReading() const {
  UniqueFd fd(::openat(tmp_.get(), taken_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return Fail(ErrnoError(errno, path_));
  return fd;
}

Result<std::string> LandedFile::ReadHead(std::size_t size) const {
  TRY_ASSIGN(const UniqueFd fd, OpenForReading());
  std::string head(size, '\0');
  const ssize_t length = ::pread(fd.get(), head.data(), head.size(), 0);
  if (length < 0) return Fail(ErrnoError(errno, path_));
  head.resize(static_cast<std::size_t>(length));
  return head;
}

Result<std::int64_t> LandedFile::Size() const {
  struct stat status {};
  if (::fstatat(tmp_.get(), taken_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return Fail(ErrnoError(errno, path_));
  return std::int64_t{status.st_size};
}

Result<> LandedFile::Sync() const {
  TRY_ASSIGN(const UniqueFd fd, OpenForReading());
  if (::fsync(fd.get()) != 0) return Fail(ErrnoError(errno, path_));
  return {};
}

Result<> LandedFile::Publish(const UniqueFd& directory, const DbBaseName& name, Existing existing) {
  const unsigned flags = existing == Existing::kKeep ? RENAME_NOREPLACE : 0;
  if (::renameat2(tmp_.get(), taken_.c_str(), directory.get(), name.value().c_str(), flags) != 0)
    return Fail(ErrnoError(errno, name.value()));
  tmp_.Reset();
  if (::fsync(directory.get()) != 0) return Fail(ErrnoError(errno, name.value()));
  return {};
}

}  // namespace dbrepl
