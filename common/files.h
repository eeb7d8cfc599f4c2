// Whole files: read, and written so that a reader or a crash sees the old file or the new one,
// never a part. Thread-safe as far as the files themselves are not shared.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "common/result.h"
#include "common/unique_fd.h"

namespace dbrepl {

// All bytes of a regular file. Missing: kNotFound. Longer than max_bytes, or not a regular file:
// kBadInput.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

// Writes all bytes, retrying short writes and EINTR. A full disk: kNoSpace.
Result<> WriteAll(int fd, std::string_view bytes, std::string_view path_for_errors);

// fsync of a directory, so that renames in it survive a power cut.
Result<> SyncDirectory(const std::string& directory);

// mkdir -p with mode 0755 (less the umask). Existing directories are fine; returns how many were
// made, so that the caller knows how many parents to sync. A file in the way: kExists.
Result<int> MakeDirectories(const std::string& path);

// The part before the last '/' without slashes at its end ("." when there is no '/', "/" for the
// root), and the part after it ("" when the path ends with '/').
std::string DirName(std::string_view path);
std::string BaseName(std::string_view path);

// A file under construction beside its target. Without Commit() the target stays untouched and the
// temporary file is removed by the destructor; a crash leaves a file named <target>.XXXXXX.tmp.
class AtomicFile {
 public:
  // Creates the temporary file with exactly `mode` in the target's directory.
  static Result<AtomicFile> Create(std::string target, mode_t mode);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Result<> Write(std::string_view bytes);
  int fd() const { return fd_.get(); }
  const std::string& temporary_path() const { return temporary_; }

  enum class Durability { kSync, kNone };
  // Puts the file in the target's place: fsync, rename, fsync of the directory; kNone leaves both
  // fsyncs out. Call once; nothing may be written after. An error before the rename leaves the
  // target untouched; one of the directory's fsync comes after it.
  Result<> Commit(Durability durability = Durability::kSync);

 private:
  AtomicFile(std::string target, std::string temporary, UniqueFd fd);
  std::string target_;
  std::string temporary_;
  UniqueFd fd_;  // closed by Commit
};

}  // namespace dbrepl
