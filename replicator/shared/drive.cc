#include "replicator/shared/drive.h"

#include <cerrno>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/strings.h"

namespace dbrepl {

namespace {

bool IsRegularFile(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool IsMountPoint(const std::string& path) {
  struct stat own {};
  if (::lstat(path.c_str(), &own) != 0) return false;
  if (!S_ISLNK(own.st_mode)) {
    struct stat parent {};
    if (::lstat(StrCat(path, "/..").c_str(), &parent) != 0) return false;
    if (own.st_dev != parent.st_dev || own.st_ino == parent.st_ino) return true;
  }
  return IsRegularFile(StrCat(path, "/.ismount"));
}

}  // namespace

bool IsDirectory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<std::string> CheckDrive(const std::string& devices, const DriveName& drive,
                               bool mount_check) {
  std::string path = StrCat(devices, devices.ends_with('/') ? "" : "/", drive.value());
  if (mount_check && !IsMountPoint(path))
    return Fail(Errc::kNoSpace, StrCat(path, " is not mounted"),
                "mount it, or set mount_check = no");
  if (!mount_check && !IsDirectory(path))
    return Fail(Errc::kNoSpace, StrCat(path, " is not a directory"));
  return path;
}

Result<> CheckFreeSpace(const std::string& path, const BytesOrPercent& reserve) {
  struct statvfs system {};
  if (::statvfs(path.c_str(), &system) != 0) return Fail(ErrnoError(errno, path));
  const double block = static_cast<double>(system.f_frsize);
  const double free_bytes = block * static_cast<double>(system.f_bavail);
  const double all_bytes = block * static_cast<double>(system.f_blocks);
  const double free = reserve.is_percent ? free_bytes / all_bytes * 100 : free_bytes;
  if (free >= reserve.amount) return {};
  return Fail(Errc::kNoSpace, StrCat(path, ": less free space than fallocate_reserve, ",
                                     FixedDecimals(free, 1), reserve.is_percent ? " %" : " bytes"));
}

}  // namespace dbrepl
