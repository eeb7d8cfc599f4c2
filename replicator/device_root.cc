#include "replicator/device_root.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
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

Result<UniqueFd> DeviceRoot::OpenTmp(Missing missing) const {
  return OpenBeneath({"tmp"}, missing);
}

Result<UniqueFd> DeviceRoot::OpenHashDirectory(DbKind kind, const RequestPath& request,
                                               Missing missing) const {
  const std::string& hash = request.hash.value();
  return OpenBeneath({std::string(DbKindFolder(kind)), StrCat(request.partition.value()),
                      hash.substr(hash.size() - 3), hash},
                     missing);
}

std::string DeviceRoot::HashDirectory(DbKind kind, const RequestPath& request) const {
  return StrCat(path_, "/",
                StorageDirectory(kind, request.partition.value(), request.hash.value()));
}

Result<UniqueFd> DeviceRoot::OpenBeneath(const std::vector<std::string>& components,
                                         Missing missing) const {
  UniqueFd directory;
  std::string walked = path_;
  for (const std::string& component : components) {
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
