#include "broker/sqlite_error.h"

#include <cerrno>
#include <string>

#include <sqlite3.h>

#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::string_view kNoSuchTable = "no such table";

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Errc CodeOf(int primary, std::string_view text) {
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR: return Errc::kCorrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH: return Errc::kBadInput;
    // Plain "SQL error" is told apart by its words only, as Swift does.
    case SQLITE_ERROR:
      return Contains(text, kNoSuchTable) || Contains(text, "malformed database schema")
                 ? Errc::kCorrupt
                 : Errc::kIo;
    default: return Errc::kIo;
  }
}

}  // namespace

Error SqliteError(sqlite3* db, int code, std::string_view place) {
  const int primary = code & 0xFF;
  const int system_error = db == nullptr ? 0 : sqlite3_system_errno(db);
  if (primary == SQLITE_CANTOPEN && system_error != 0) return ErrnoError(system_error, place);
  std::string text = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  // A quota is an I/O error to SQLite, as is a disk that is found full when a file is synced.
  const bool is_full =
      primary == SQLITE_IOERR && (system_error == EDQUOT || system_error == ENOSPC);
  if (primary == SQLITE_FULL || is_full) {
    return Error{Errc::kNoSpace, StrCat(place, ": ", sqlite3_errstr(SQLITE_FULL)),
                 std::string(kFreeSpaceHint)};
  }
  if (primary == SQLITE_IOERR) {
    // The words Swift looks for, whatever happened underneath.
    text = StrCat("disk I/O error (", sqlite3_errstr(code), ", ", code >> 8, ")");
  }
  return Error{CodeOf(primary, text), StrCat(place, ": ", text), {}};
}

bool IsLockedCode(int code) {
  return (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
}

std::string_view QuarantineReason(const Error& error) {
  if (error.code != Errc::kCorrupt) return {};
  if (Contains(error.message, "database disk image is malformed")) return "malformed database";
  if (Contains(error.message, "malformed database schema")) return "malformed database";
  if (Contains(error.message, " is not a database")) return "corrupted database";
  if (Contains(error.message, "disk I/O error")) return "disk error while accessing database";
  const auto missing = std::string_view(error.message).find("missing row in ");
  if (missing != std::string::npos) return std::string_view(error.message).substr(missing);
  return {};
}

bool LacksTable(const Error& error) {
  return error.code == Errc::kCorrupt && Contains(error.message, kNoSuchTable);
}

}  // namespace dbrepl
