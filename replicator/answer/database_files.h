// A look at the files of one database without opening it: are there any, and are they as they were.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/db_kind.h"
#include "common/result.h"
#include "replicator/answer/device_root.h"
#include "replicator/answer/request_path.h"

namespace dbrepl {

// Two equal tags of one path: the database has not changed in between. Every commit of SQLite's
// raises the change counter; whatever else may write or replace the file changes one of the others.
struct DatabaseTag {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970, as is changed_ns (ctime)
  std::int64_t changed_ns = 0;
  std::uint32_t change_counter = 0;  // bytes 24 to 27 of the file

  bool operator==(const DatabaseTag&) const = default;
};

struct DatabaseFiles {
  bool exist = false;  // the database's file, or one of its epochs'
  // nullopt when the state is more than one file at rest: epochs, a journal, records that wait in
  // the pending file; or when nobody asked.
  std::optional<DatabaseTag> tag = std::nullopt;
};

// kRead opens and closes the file, which drops every lock that this process has on it: only for
// those who know that no broker of this process has it open.
enum class TagWanted { kNo, kRead };

// A missing directory is no files. A symbolic link, or anything else that is no regular file, under
// a database's name: kIo. Thread-safe.
Result<DatabaseFiles> LookAtDatabase(const DeviceRoot& device, DbKind kind,
                                     const RequestPath& request, TagWanted wanted);

}  // namespace dbrepl
