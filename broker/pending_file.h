// The file <hash>.db.pending, in which Swift's servers collect records before they go into the
// database: one after the other a ':' and the base64 of a protocol-2 pickle of one tuple
// (swift-reference.md section 3.15). Whoever reads or writes it holds the directory's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/sql_value.h"
#include "common/pickle.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace dbrepl {

// Above this size a new record is not appended but committed with all others.
constexpr std::int64_t kPendingCap = 131'072;
// Text of one entry; a longer one is broken.
constexpr std::size_t kMaxPendingEntry = std::size_t{1} << 20;

// One tuple as a pickle, byte for byte as Python writes a tuple of distinct objects.
std::string PickleTuple(const std::vector<SqlValue>& fields);

// Appends one pickled record, creating the file (mode 0644 less the umask) when it is missing. Not
// synced, as in Swift. A full disk: kNoSpace, and the file is as long as before.
Result<> AppendPending(const std::string& path, std::string_view pickle);

// The file's size; 0 when it is missing.
Result<std::int64_t> PendingSize(const std::string& path);

class PendingFile {
 public:
  // Missing: kNotFound.
  static Result<PendingFile> Open(const std::string& path);

  // Every entry that can be read, in order. For each that cannot (cut short, not base64, a pickle
  // of something else, too long) `broken` is called with the problem and the entry's beginning.
  Result<std::vector<PicklePtr>> ReadAll(
      const std::function<void(const std::string& problem)>& broken);

  // Empties the file: what ReadAll returned is in the database.
  Result<> Clear();

 private:
  PendingFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

}  // namespace dbrepl
