#include "replicator/answer/database_files.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/db_path.h"
#include "broker/sqlite_file.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

struct Entry {
  std::string name;
  unsigned char type = DT_UNKNOWN;
};

Result<std::vector<Entry>> ListEntries(int directory, const std::string& path) {
  std::vector<Entry> entries;
  alignas(dirent64) std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = ::getdents64(directory, buffer.data(), buffer.size());
    if (got < 0) return Fail(ErrnoError(errno, path));
    if (got == 0) return entries;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* entry = reinterpret_cast<const dirent64*>(&buffer[at]);
      entries.push_back({entry->d_name, entry->d_type});
      at += entry->d_reclen;
    }
  }
}

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// nullopt: not there, or not a database whose every commit shows in its change counter (a
// write-ahead log's do not).
std::optional<DatabaseTag> ReadTag(int directory, const std::string& name) {
  // Non-blocking: under that name there may be a pipe.
  const UniqueFd file(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  std::array<char, kSqliteChangeCounter + 4> header{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      ::pread(file.get(), header.data(), header.size(), 0) != ssize_t{header.size()}) {
    return std::nullopt;
  }
  if (!std::string_view(header.data(), header.size()).starts_with(kSqliteMagic) ||
      header[kSqliteWriteVersion] != kSqliteRollbackJournal ||
      header[kSqliteReadVersion] != kSqliteRollbackJournal) {
    return std::nullopt;
  }
  DatabaseTag tag;
  tag.inode = status.st_ino;
  tag.size = status.st_size;
  tag.modified_ns = Nanoseconds(status.st_mtim);
  tag.changed_ns = Nanoseconds(status.st_ctim);
  for (std::size_t i = 0; i < 4; ++i)
    tag.change_counter =
        (tag.change_counter << 8U) | static_cast<unsigned char>(header[kSqliteChangeCounter + i]);
  return tag;
}

// Fine also when it is gone by now.
Result<> CheckRegular(int directory, const Entry& entry, const std::string& path) {
  if (entry.type == DT_REG) return {};
  struct stat status {};
  if (::fstatat(directory, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return Fail(ErrnoError(errno, path));
  }
  if (!S_ISREG(status.st_mode)) return Fail(Errc::kIo, StrCat(path, ": not a regular file"));
  return {};
}

bool IsEmptyFile(int directory, const std::string& name) {
  struct stat status {};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         status.st_size == 0;
}

bool IsDatabase(std::string_view name, DbKind kind, const std::string& plain_name) {
  if (kind == DbKind::kAccount) return name == plain_name;
  const DbFileName parsed = ParseDbFileName(name);
  return parsed.extension == ".db" && parsed.hash == ParseDbFileName(plain_name).hash;
}

}  // namespace

Result<DatabaseFiles> LookAtDatabase(const DeviceRoot& device, DbKind kind,
                                     const RequestPath& request, TagWanted wanted) {
  const auto directory = device.OpenHashDirectory(kind, request, DeviceRoot::Missing::kFail);
  if (!directory && directory.error().code == Errc::kNotFound) return DatabaseFiles();
  if (!directory) return Fail(directory.error());
  const std::string plain_name = PlainBaseName(request.hash).value();
  DatabaseFiles files;
  // The tag before the list: a journal that is not in the list belongs to no commit that the tag
  // has seen half of.
  if (wanted == TagWanted::kRead) files.tag = ReadTag(directory->get(), plain_name);
  const std::string path = device.HashDirectory(kind, request);
  TRY_ASSIGN(const std::vector<Entry> entries, ListEntries(directory->get(), path));
  for (const Entry& entry : entries) {
    // SQLite would open these too, and wait for ever at a pipe.
    if (entry.name.ends_with("-journal") || entry.name.ends_with("-wal"))
      TRY(CheckRegular(directory->get(), entry, StrCat(path, "/", entry.name)));
    if (IsDatabase(entry.name, kind, plain_name)) {
      TRY(CheckRegular(directory->get(), entry, StrCat(path, "/", entry.name)));
      files.exist = true;
      if (entry.name != plain_name) files.tag.reset();
    } else if (entry.name == StrCat(plain_name, ".pending")) {
      if (!IsEmptyFile(directory->get(), entry.name)) files.tag.reset();
    } else if (entry.name.starts_with(StrCat(plain_name, "-"))) {
      files.tag.reset();
    }
  }
  return files;
}

}  // namespace dbrepl
