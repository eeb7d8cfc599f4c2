// Where databases lie and how their files are called: <device>/<kind>s/<partition>/<suffix>/<hash>/
// <hash>[_<epoch>].db (swift-reference.md sections 1.1 and 1.3). Pure functions except ListDbFiles;
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/db_kind.h"
#include "common/result.h"

namespace dbrepl {

// A file name taken apart as Swift does: what stands before the first '_' and before the second;
// further pieces are ignored. Views into the name.
struct DbFileName {
  std::string_view hash;
  std::optional<std::string_view> epoch;
  std::string_view extension;  // from the last dot on: ".db"; may be empty
};
DbFileName ParseDbFileName(std::string_view path);

// All .db files beside `db_path` with the same hash, the one without epoch first, then by epoch.
// The last is the one that counts. The directory is missing: empty. Unreadable: kIo.
Result<std::vector<std::string>> ListDbFiles(std::string_view db_path);
// The same among the names of that directory, for whoever has just read it. Full paths.
std::vector<std::string> DbFilesAmong(const std::vector<std::string>& names,
                                      std::string_view db_path);

// The same path with another epoch (written in normal form), or with none. An epoch that is no
// timestamp: kBadInput.
Result<std::string> MakeDbPath(std::string_view db_path, std::optional<std::string_view> epoch);
std::string WithoutEpoch(std::string_view db_path);

// "<hash>.db.pending": one for all epochs.
std::string PendingPath(std::string_view db_path);

// The device's directory ("/srv/node/sdb1") and its name ("sdb1") of a database that lies in its
// hash directory, or of one that was received into <device>/tmp/. Too short a path: "/" and "".
std::string DevicePath(std::string_view db_path);
std::string DeviceName(std::string_view db_path);

// "<kind>s/<partition>/<suffix>/<hash>", relative to the device; the suffix is the hash's last
// three characters.
std::string StorageDirectory(DbKind kind, std::uint32_t partition, std::string_view hash);

}  // namespace dbrepl
