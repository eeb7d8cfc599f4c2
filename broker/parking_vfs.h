// A SQLite VFS over the system's own whose database files can be parked: the descriptor is closed
// while the connection lives on with its parsed schema and prepared statements. A parked file keeps
// no disk busy and no removed file alive.
//
// Going on is safe because SQLite believes nothing between transactions: it checks the change
// counter and the schema's version at each begin. That the path still leads to the same file is
// checked here, by device, inode and time of birth.
//
// A connection may also leave its file for another one. Then SQLite's pages of the first are made
// to be dropped; that schema and prepared statements hold for the second is for the caller to see
// to before anything else is read or written (Connection::MoveTo).
//
// Databases are opened by the name of a FileSlot. Thread-safe; one file is used by one thread at a
// time.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "broker/sqlite_file.h"

struct sqlite3;

namespace dbrepl {

// For sqlite3_open_v2; registered when first asked for.
const char* ParkingVfsName();

// Closes the descriptor of the connection's database. False, and nothing is changed, when that
// cannot be done safely: a lock is held, the path leads to another file by now, or the filesystem
// does not tell times of birth. Until UnparkFile any use of the database fails.
bool ParkFile(sqlite3* db);

// Opens it again. False when the file is gone or another one: close the connection then.
bool UnparkFile(sqlite3* db);

// Closes the descriptor for good. False, and nothing is changed, when a lock is held. Until
// MoveToFile any use of the database fails.
bool LeaveFile(sqlite3* db);

// The connection, which has left its file, goes on with the one at this path. False when it cannot
// be opened for writing; the connection has still left its file then.
bool MoveToFile(sqlite3* db, const std::string& path);

// The header as it is now; of one moment with what else is read when a read transaction is under
// way. nullopt: it cannot be read.
using SqliteHeader = std::array<char, kSqliteHeaderBytes>;
std::optional<SqliteHeader> ReadHeader(sqlite3* db);

}  // namespace dbrepl
