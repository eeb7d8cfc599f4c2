#include "replicator/removal.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "common/dir_lock.h"
#include "common/dir_stream.h"
#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

// After a crash half-way no database may be left without the journal that repairs it, and whoever
// waits for the lock must not find a new one while anything is left.
int TurnOf(std::string_view name) {
  if (name.ends_with(".db")) return 0;
  return name == ".lock" ? 2 : 1;
}

std::vector<std::string> NamesInOrderOfRemoval(DirStream& directory) {
  std::vector<std::string> names;
  while (const char* name = directory.Next()) names.emplace_back(name);
  std::sort(names.begin(), names.end(), [](const std::string& left, const std::string& right) {
    return TurnOf(left) < TurnOf(right);
  });
  return names;
}

Result<> RemoveHashDirectory(const std::string& path) {
  // A file may come in between the list and the end.
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    DirStream directory(path);
    if (directory.error() == ENOENT) return {};
    if (!directory.ok()) return Fail(ErrnoError(directory.error(), path));
    for (const std::string& name : NamesInOrderOfRemoval(directory)) {
      std::error_code ignored;
      std::filesystem::remove_all(StrCat(path, "/", name), ignored);
    }
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != ENOTEMPTY && errno != EEXIST) break;
  }
  return Fail(ErrnoError(errno, StrCat("removing ", path)));
}

// Of the suffix and the partition directory, those that are empty.
Result<> RemoveEmptyParents(const std::string& hash_directory) {
  std::string path = DirName(hash_directory);
  for (int levels = 0; levels < 2; ++levels) {
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT) {
      if (errno == ENOTEMPTY || errno == EEXIST) break;
      return Fail(ErrnoError(errno, StrCat("removing empty directory ", path)));
    }
    path = DirName(path);
  }
  return {};
}

}  // namespace

Result<> RemoveDatabase(const std::string& db_path, const BeforeRemoval& before,
                        std::chrono::milliseconds lock_timeout) {
  const std::string hash_directory = DirName(db_path);
  const auto lock = DirLock::AcquireExisting(hash_directory, lock_timeout);
  if (!lock && lock.error().code != Errc::kNotFound) return Fail(lock.error());
  if (lock && before) TRY(before());
  if (lock) TRY(RemoveHashDirectory(hash_directory));
  return RemoveEmptyParents(hash_directory);
}

}  // namespace dbrepl
