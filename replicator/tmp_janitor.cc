#include "replicator/tmp_janitor.h"

#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/strings.h"
#include "replicator/dir_stream.h"

namespace dbrepl {
namespace {

double ModifiedSeconds(const struct stat& status) {
  return static_cast<double>(status.st_mtim.tv_sec) +
         static_cast<double>(status.st_mtim.tv_nsec) / 1e9;
}

int RemoveOlder(const std::string& directory, std::string_view ending, double before_seconds) {
  DirStream stream(AT_FDCWD, directory);
  int removed = 0;
  while (const char* name = stream.Next()) {
    if (!std::string_view(name).ends_with(ending)) continue;
    struct stat status {};
    if (::fstatat(stream.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode) || ModifiedSeconds(status) >= before_seconds) continue;
    if (::unlinkat(stream.fd(), name, 0) == 0) ++removed;
  }
  return removed;
}

}  // namespace

int RemoveOldArrivals(const std::string& device_path, double before_seconds) {
  return RemoveOlder(StrCat(device_path, "/tmp"), "", before_seconds);
}

int RemoveOldConstructions(const std::string& hash_directory, double before_seconds) {
  return RemoveOlder(hash_directory, ".tmp", before_seconds);
}

}  // namespace dbrepl
