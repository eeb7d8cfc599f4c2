// A SQLite VFS over the system's own whose database files can be parked: the descriptor is closed
// while the connection lives on with its parsed schema and prepared statements. A parked file keeps
// no disk busy and no removed file alive.
//
// Going on is safe because SQLite believes nothing between transactions: it checks the change
// counter and the schema's version at each begin. That the path still leads to the same file is
// checked here, by device, inode and time of birth. Thread-safe; one file is used by one thread at
// a time.
#pragma once

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

}  // namespace dbrepl
