#include "replicator/tmp_janitor.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/dir_lock.h"
#include "common/dir_stream.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

double ModifiedSeconds(const struct stat& status) {
  return static_cast<double>(status.st_mtim.tv_sec) +
         static_cast<double>(status.st_mtim.tv_nsec) / 1e9;
}

// False: it stays, or it was not there.
bool RemoveIfOlder(const DirStream& directory, const char* name, double before_seconds) {
  struct stat status {};
  if (::fstatat(directory.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISDIR(status.st_mode) || ModifiedSeconds(status) >= before_seconds) return false;
  return ::unlinkat(directory.fd(), name, 0) == 0;
}

bool IsRemains(std::string_view name) {
  return name == ".lock" || name.ends_with(".tmp") || name.ends_with(".db-journal") ||
         name.ends_with(".db.pending");
}

// What is in the directory besides its lock; nullopt: something that is young or no remains.
std::optional<std::vector<std::string>> OldRemains(DirStream& directory, double before_seconds) {
  std::vector<std::string> names;
  while (const char* name = directory.Next()) {
    struct stat status {};
    if (::fstatat(directory.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    if (!IsRemains(name) || S_ISDIR(status.st_mode)) return std::nullopt;
    if (ModifiedSeconds(status) >= before_seconds) return std::nullopt;
    if (std::string_view(name) != ".lock") names.emplace_back(name);
  }
  return directory.ok() ? std::optional(std::move(names)) : std::nullopt;
}

}  // namespace

int RemoveOldArrivals(const std::string& device_path, double before_seconds) {
  DirStream stream(StrCat(device_path, "/tmp"));
  int removed = 0;
  while (const char* name = stream.Next())
    if (RemoveIfOlder(stream, name, before_seconds)) ++removed;
  return removed;
}

std::vector<std::string> RemoveOldConstructions(const std::string& hash_directory,
                                                double before_seconds) {
  DirStream stream(hash_directory);
  std::vector<std::string> others;
  while (const char* name = stream.Next()) {
    const bool is_construction = std::string_view(name).ends_with(".tmp");
    if (!is_construction || !RemoveIfOlder(stream, name, before_seconds)) others.emplace_back(name);
  }
  return others;
}

bool RemoveOldRemains(const std::string& hash_directory, double before_seconds) {
  DirStream directory(hash_directory);
  const auto names = OldRemains(directory, before_seconds);
  if (!names) return false;
  // Whoever makes a database here again holds it. It is new if it was not among the remains.
  const auto lock = DirLock::AcquireExisting(hash_directory, std::chrono::milliseconds(0));
  if (!lock) return false;
  DirStream again(hash_directory);
  while (const char* name = again.Next())
    if (!IsRemains(name)) return false;
  for (const std::string& name : *names) ::unlinkat(directory.fd(), name.c_str(), 0);
  ::unlinkat(directory.fd(), ".lock", 0);
  return ::rmdir(hash_directory.c_str()) == 0;
}

}  // namespace dbrepl
