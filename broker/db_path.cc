#include "broker/db_path.h"

#include <algorithm>
#include <cerrno>

#include "common/dir_stream.h"
#include "common/files.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

DbFileName ParseDbFileName(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  DbFileName parsed;
  // As Python's splitext: a dot that begins the name begins no extension.
  const auto dot = name.rfind('.');
  if (dot != std::string_view::npos && name.find_first_not_of('.') < dot) {
    parsed.extension = name.substr(dot);
    name = name.substr(0, dot);
  }
  const auto pieces = Split(name, '_');
  parsed.hash = pieces[0];
  if (pieces.size() > 1) parsed.epoch = pieces[1];
  return parsed;
}

std::vector<std::string> DbFilesAmong(const std::vector<std::string>& names,
                                      std::string_view db_path) {
  const std::string directory = DirName(db_path);
  const DbFileName wanted = ParseDbFileName(db_path);
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const DbFileName parsed = ParseDbFileName(name);
    if (parsed.extension == ".db" && parsed.hash == wanted.hash)
      found.push_back(StrCat(directory, "/", name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::vector<std::string>> ListDbFiles(std::string_view db_path) {
  const std::string directory = DirName(db_path);
  DirStream stream(directory);
  std::vector<std::string> names;
  while (const char* name = stream.Next()) names.emplace_back(name);
  if (stream.error() == ENOENT) return std::vector<std::string>();
  if (!stream.ok()) return Fail(ErrnoError(stream.error(), directory));
  return DbFilesAmong(names, db_path);
}

Result<std::string> MakeDbPath(std::string_view db_path, std::optional<std::string_view> epoch) {
  if (!epoch) return WithoutEpoch(db_path);
  TRY_ASSIGN(const Timestamp time, Timestamp::Parse(*epoch));
  const DbFileName name = ParseDbFileName(db_path);
  return StrCat(DirName(db_path), "/", name.hash, "_", time.Normal(), name.extension);
}

std::string WithoutEpoch(std::string_view db_path) {
  const DbFileName name = ParseDbFileName(db_path);
  return StrCat(DirName(db_path), "/", name.hash, name.extension);
}

std::string PendingPath(std::string_view db_path) {
  return StrCat(WithoutEpoch(db_path), ".pending");
}

std::string DevicePath(std::string_view db_path) {
  std::string directory = DirName(db_path);
  if (BaseName(directory) == "tmp") return DirName(directory);
  // hash, suffix, partition and kind lie between the file and its device.
  for (int level = 0; level < 4; ++level) directory = DirName(directory);
  return directory;
}

std::string DeviceName(std::string_view db_path) { return BaseName(DevicePath(db_path)); }

std::string StorageDirectory(DbKind kind, std::uint32_t partition, std::string_view hash) {
  const std::string_view suffix = hash.substr(hash.size() < 3 ? 0 : hash.size() - 3);
  return StrCat(DbKindFolder(kind), "/", partition, "/", suffix, "/", hash);
}

}  // namespace dbrepl
