#include "replicator/sync_store.h"

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "broker/db_path.h"
#include "broker/metadata.h"
#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::string_view kDatabases = "containers";
constexpr std::string_view kStore = "sync_containers";
constexpr std::string_view kSyncTo = "X-Container-Sync-To";
constexpr std::string_view kSyncKey = "X-Container-Sync-Key";
// Another process may remove the directories we just made, or the link we just found.
constexpr int kAttempts = 5;

bool IsSymlink(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode);
}

bool PointsToNothing(const std::string& link) {
  struct stat found {};
  return IsSymlink(link) && ::stat(link.c_str(), &found) != 0 && errno == ENOENT;
}

Result<> Unlink(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return Fail(ErrnoError(errno, path));
}

// The links beside `link` that are called like the same database, whatever the epoch.
std::vector<std::string> LinksOfAllEpochs(const std::string& link) {
  const std::string_view hash = ParseDbFileName(link).hash;
  std::vector<std::string> links;
  std::error_code error;
  std::filesystem::directory_iterator entry(DirName(link), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path().string();
    if (ParseDbFileName(path).hash == hash && IsSymlink(path)) links.push_back(path);
  }
  return links;
}

enum class Attempt { kDone, kAgain };

Result<Attempt> TryToAdd(const std::string& link, const std::string& db_file) {
  struct stat found {};
  if (::stat(link.c_str(), &found) == 0) return Attempt::kDone;
  if (errno != ENOENT) return Fail(ErrnoError(errno, link));
  // Swift leaves links that point to nothing: of files that sharding replaced, of a `devices`
  // folder that was moved.
  for (const std::string& other : LinksOfAllEpochs(link))
    if (PointsToNothing(other)) TRY(Unlink(other));
  TRY(MakeDirectories(DirName(link)));
  if (::symlink(db_file.c_str(), link.c_str()) == 0) return Attempt::kDone;
  if (errno == ENOENT || (errno == EEXIST && IsSymlink(link))) return Attempt::kAgain;
  return Fail(ErrnoError(errno, link));
}

Result<> Add(const std::string& db_file) {
  TRY_ASSIGN(const std::string link, SyncStorePath(db_file));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    TRY_ASSIGN(const Attempt outcome, TryToAdd(link, db_file));
    if (outcome == Attempt::kDone) return {};
  }
  return Fail(Errc::kBusy, StrCat(link, ": others remove what this replicator makes"));
}

}  // namespace

Result<std::string> SyncStorePath(const std::string& db_path) {
  std::string path = std::filesystem::path(db_path).lexically_normal().string();
  const std::size_t at = path.rfind(kDatabases);
  if (at == std::string::npos) {
    return Fail(Errc::kBadInput, StrCat(db_path, ": is not below a folder ", kDatabases));
  }
  return path.replace(at, kDatabases.size(), kStore);
}

bool MaySync(const Metadata& metadata) {
  return FindMetadata(metadata, kSyncTo) != nullptr || FindMetadata(metadata, kSyncKey) != nullptr;
}

Result<> UpdateSyncStore(ContainerBroker& broker) {
  TRY_ASSIGN(const Metadata metadata, broker.GetMetadata());
  if (!MaySync(metadata)) return {};
  const MetadataItem* const to = FindMetadata(metadata, kSyncTo);
  const MetadataItem* const key = FindMetadata(metadata, kSyncKey);
  TRY_ASSIGN(const std::string db_file, broker.DbFile());
  TRY_ASSIGN(const bool is_deleted, broker.IsDeleted());
  const bool is_synced =
      to != nullptr && !to->value.empty() && key != nullptr && !key->value.empty() && !is_deleted;
  return is_synced ? Add(db_file) : RemoveFromSyncStore(db_file);
}

Result<> RemoveFromSyncStore(const std::string& db_path) {
  TRY_ASSIGN(const std::string link, SyncStorePath(db_path));
  TRY(Unlink(link));
  for (const std::string& other : LinksOfAllEpochs(link)) TRY(Unlink(other));
  std::string directory = DirName(link);
  while (::rmdir(directory.c_str()) == 0 && BaseName(directory) != kStore)
    directory = DirName(directory);
  return {};
}

}  // namespace dbrepl
