#include "replicator/answer/device_root.h"

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker/db_path.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kDirectoryMode = 0755;

}  // namespace

Result<DeviceRoot> DeviceRoot::Open(std::string path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Fail(ErrnoError(errno, path));
  return DeviceRoot(std::move(path), std::move(fd));
}

Result<UniqueFd> DeviceRoot::OpenTmp(Missing missing) const { return OpenBeneath("tmp", missing); }

Result<UniqueFd> DeviceRoot::OpenHashDirectory(DbKind kind, const RequestPath& request,
                                               Missing missing) const {
  return OpenBeneath(StorageDirectory(kind, request.partition.value(), request.hash.value()),
                     missing);
}

std::string DeviceRoot::HashDirectory(DbKind kind, const RequestPath& request) const {
  return StrCat(path_, "/",
                StorageDirectory(kind, request.partition.value(), request.hash.value()));
}

Result<UniqueFd> DeviceRoot::OpenBeneath(const std::string& relative, Missing missing) const {
  open_how how{};
  how.flags = std::uint64_t{kDirectory};
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, fd_.get(), relative.c_str(), &how, sizeof(how));
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  if (errno == ENOENT && missing == Missing::kFail)
    return Fail(ErrnoError(errno, StrCat(path_, "/", relative)));
  // Something is to be made, or the error is to name where it lies, or the kernel is older than
  // that call.
  return WalkBeneath(relative, missing);
}

Result<UniqueFd> DeviceRoot::WalkBeneath(const std::string& relative, Missing missing) const {
  UniqueFd directory;
  std::string walked = path_;
  for (const std::string_view part : Split(relative, '/')) {
    const std::string component(part);
    const int above = directory ? directory.get() : fd_.get();
    walked = StrCat(walked, "/", component);
    bool made = false;
    if (missing == Missing::kMake) {
      made = ::mkdirat(above, component.c_str(), kDirectoryMode) == 0;
      if (!made && errno != EEXIST) return Fail(ErrnoError(errno, walked));
    }
    if (made && ::fsync(above) != 0) return Fail(ErrnoError(errno, walked));
    UniqueFd next(::openat(above, component.c_str(), kDirectory));
    if (!next) return Fail(ErrnoError(errno, walked));
    directory = std::move(next);
  }
  return directory;
}

}  // namespace dbrepl
