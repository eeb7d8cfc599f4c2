#include "broker/parking_vfs.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "broker/file_slot.h"
#include "broker/sqlite_file.h"
#include "common/check.h"

namespace dbrepl {

namespace {

// Our own file controls; SQLite uses numbers below 100.
constexpr int kPark = 7001;
constexpr int kUnpark = 7002;
constexpr int kLeave = 7003;
constexpr int kMove = 7004;
constexpr int kHeader = 7005;

// What tells a file from any other, also from one that got the inode of a removed one.
struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t born_seconds = 0;
  std::uint32_t born_nanoseconds = 0;

  bool operator==(const Identity&) const = default;
};

bool ReadIdentity(const char* path, Identity& identity) {
  struct statx found {};
  constexpr unsigned kWanted = STATX_INO | STATX_BTIME;
  if (::statx(AT_FDCWD, path, 0, kWanted, &found) != 0) return false;
  if ((found.stx_mask & kWanted) != kWanted) return false;
  identity.device = (std::uint64_t{found.stx_dev_major} << 32U) | found.stx_dev_minor;
  identity.inode = found.stx_ino;
  identity.born_seconds = found.stx_btime.tv_sec;
  identity.born_nanoseconds = found.stx_btime.tv_nsec;
  return true;
}

sqlite3_vfs* SystemVfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}

// With room for the endings of journals, as SQLite bounds its own names.
bool IsTooLong(std::string_view path) {
  constexpr std::size_t kEndings = 8;
  return path.size() + kEndings > static_cast<std::size_t>(SystemVfs()->mxPathname);
}

// SQLite's view of a file comes first; the system's file lies behind this in the same memory.
struct ParkableFile {
  sqlite3_file seen_by_sqlite{};
  FileSlot* slot = nullptr;
  int flags = 0;
  int lock = SQLITE_LOCK_NONE;
  bool parked = false;
  bool identified = false;
  bool moved = false;  // pages of another file may still be in memory
  Identity identity;
};
constexpr std::size_t kAlignment = 8;  // SQLite's own for files
constexpr std::size_t kRealOffset =
    (sizeof(ParkableFile) + kAlignment - 1) / kAlignment * kAlignment;

ParkableFile* Ours(sqlite3_file* file) { return reinterpret_cast<ParkableFile*>(file); }

sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + kRealOffset);
}

// Calls the same function of the system's file; while parked there is none.
template <auto kFunction, class... Arguments>
int Forward(sqlite3_file* file, Arguments... arguments) {
  if (Ours(file)->parked) return SQLITE_CANTOPEN;
  sqlite3_file* real = Real(file);
  return (real->pMethods->*kFunction)(real, arguments...);
}

int Close(sqlite3_file* file) {
  if (Ours(file)->parked) return SQLITE_OK;
  return Real(file)->pMethods->xClose(Real(file));
}

int Lock(sqlite3_file* file, int level) {
  const int code = Forward<&sqlite3_io_methods::xLock>(file, level);
  if (code == SQLITE_OK && level > Ours(file)->lock) Ours(file)->lock = level;
  return code;
}

int Unlock(sqlite3_file* file, int level) {
  const int code = Forward<&sqlite3_io_methods::xUnlock>(file, level);
  if (code == SQLITE_OK && level < Ours(file)->lock) Ours(file)->lock = level;
  return code;
}

int Read(sqlite3_file* file, void* buffer, int amount, sqlite3_int64 offset) {
  const int code = Forward<&sqlite3_io_methods::xRead>(file, buffer, amount, offset);
  // With this read SQLite asks whether the pages it remembers still hold. Those of another file
  // never do: no header has these bytes.
  constexpr int kAsked = 16;
  if (Ours(file)->moved && offset == kSqliteChangeCounter && amount == kAsked) {
    Ours(file)->moved = false;
    std::memset(buffer, 0xFE, kAsked);
  }
  return code;
}

// Does the path still lead to the file that was opened?
bool PathIsThisFile(const ParkableFile& file) {
  Identity now;
  return ReadIdentity(file.slot->path().c_str(), now) && now == file.identity;
}

int Leave(sqlite3_file* file) {
  ParkableFile* ours = Ours(file);
  if (ours->parked || ours->lock != SQLITE_LOCK_NONE) return SQLITE_BUSY;
  ours->parked = Real(file)->pMethods->xClose(Real(file)) == SQLITE_OK;
  return ours->parked ? SQLITE_OK : SQLITE_BUSY;
}

int Park(sqlite3_file* file) {
  const ParkableFile* ours = Ours(file);
  return !ours->parked && ours->identified && PathIsThisFile(*ours) ? Leave(file) : SQLITE_BUSY;
}

// Opens what the slot leads to, for writing.
int OpenAgain(sqlite3_file* file) {
  const ParkableFile* ours = Ours(file);
  sqlite3_vfs* system = SystemVfs();
  const char* path = ours->slot->file_name();
  if (path == nullptr) return SQLITE_NOMEM;
  if (IsTooLong(path)) return SQLITE_CANTOPEN;
  std::memset(static_cast<void*>(Real(file)), 0, static_cast<std::size_t>(system->szOsFile));
  int flags = 0;
  const int code = system->xOpen(system, path, Real(file), ours->flags, &flags);
  if (code != SQLITE_OK || (flags & SQLITE_OPEN_READWRITE) != 0) return code;
  Real(file)->pMethods->xClose(Real(file));
  return SQLITE_CANTOPEN;
}

int Unpark(sqlite3_file* file) {
  ParkableFile* ours = Ours(file);
  // Looked at before and after, so that it is this file that was opened in between.
  if (!ours->parked || !PathIsThisFile(*ours)) return SQLITE_CANTOPEN;
  if (const int code = OpenAgain(file); code != SQLITE_OK) return code;
  if (!PathIsThisFile(*ours)) {
    Real(file)->pMethods->xClose(Real(file));
    return SQLITE_CANTOPEN;
  }
  ours->parked = false;
  return SQLITE_OK;
}

int Move(sqlite3_file* file, const std::string& path) {
  ParkableFile* ours = Ours(file);
  if (!ours->parked) return SQLITE_MISUSE;
  ours->slot->PointTo(path);
  ours->identified = false;
  ours->moved = true;
  if (const int code = OpenAgain(file); code != SQLITE_OK) return code;
  ours->parked = false;
  return SQLITE_OK;
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  switch (operation) {
    case kPark: return Park(file);
    case kUnpark: return Unpark(file);
    case kLeave: return Leave(file);
    case kMove: return Move(file, *static_cast<const std::string*>(argument));
    case kHeader:
      return Forward<&sqlite3_io_methods::xRead>(
          file, argument, static_cast<int>(kSqliteHeaderBytes), sqlite3_int64{0});
    default: break;
  }
  return Forward<&sqlite3_io_methods::xFileControl>(file, operation, argument);
}

int SectorSize(sqlite3_file* file) {
  constexpr int kUsual = 4096;
  if (Ours(file)->parked) return kUsual;
  return Forward<&sqlite3_io_methods::xSectorSize>(file);
}

int DeviceCharacteristics(sqlite3_file* file) {
  if (Ours(file)->parked) return 0;
  return Forward<&sqlite3_io_methods::xDeviceCharacteristics>(file);
}

void ShmBarrier(sqlite3_file* file) {
  if (!Ours(file)->parked) Real(file)->pMethods->xShmBarrier(Real(file));
}

// Version 2: with the shared memory of write-ahead logs (to convert those back), without mmap.
const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 2;
  methods.xClose = Close;
  methods.xRead = Read;
  methods.xWrite = Forward<&sqlite3_io_methods::xWrite, const void*, int, sqlite3_int64>;
  methods.xTruncate = Forward<&sqlite3_io_methods::xTruncate, sqlite3_int64>;
  methods.xSync = Forward<&sqlite3_io_methods::xSync, int>;
  methods.xFileSize = Forward<&sqlite3_io_methods::xFileSize, sqlite3_int64*>;
  methods.xLock = Lock;
  methods.xUnlock = Unlock;
  methods.xCheckReservedLock = Forward<&sqlite3_io_methods::xCheckReservedLock, int*>;
  methods.xFileControl = FileControl;
  methods.xSectorSize = SectorSize;
  methods.xDeviceCharacteristics = DeviceCharacteristics;
  methods.xShmMap = Forward<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>;
  methods.xShmLock = Forward<&sqlite3_io_methods::xShmLock, int, int, int>;
  methods.xShmBarrier = ShmBarrier;
  methods.xShmUnmap = Forward<&sqlite3_io_methods::xShmUnmap, int>;
  return methods;
}();

int Open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = SystemVfs();
  FileSlot* slot = name == nullptr ? nullptr : FileSlot::Find(name);
  // Journals and temporary files live within one transaction: they stay the system's own.
  if (slot == nullptr || (flags & SQLITE_OPEN_MAIN_DB) == 0) {
    return system->xOpen(system, slot == nullptr ? name : FileSlot::PathOf(name), file, flags,
                         out_flags);
  }
  const char* path = slot->file_name();
  if (path == nullptr) return SQLITE_NOMEM;
  if (IsTooLong(path)) return SQLITE_CANTOPEN;
  auto* ours = new (static_cast<void*>(file)) ParkableFile;
  Identity before;
  const bool known = ReadIdentity(path, before);
  const int code = system->xOpen(system, path, Real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;  // no methods are set: SQLite will not close it
  ours->slot = slot;
  ours->flags = flags & ~SQLITE_OPEN_CREATE;
  ours->identified = known && ReadIdentity(path, ours->identity) && ours->identity == before;
  ours->seen_by_sqlite.pMethods = &kMethods;
  return code;
}

int Delete(sqlite3_vfs* /*vfs*/, const char* name, int sync_directory) {
  return SystemVfs()->xDelete(SystemVfs(), FileSlot::PathOf(name), sync_directory);
}

int Access(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* result) {
  return SystemVfs()->xAccess(SystemVfs(), FileSlot::PathOf(name), flags, result);
}

// A slot's name is whole as it is.
int FullPathname(sqlite3_vfs* /*vfs*/, const char* name, int size, char* full) {
  if (FileSlot::Find(name) == nullptr) {
    return SystemVfs()->xFullPathname(SystemVfs(), name, size, full);
  }
  return std::snprintf(full, static_cast<std::size_t>(size), "%s", name) < size ? SQLITE_OK
                                                                                : SQLITE_CANTOPEN;
}

sqlite3_vfs* RegisterVfs() {
  static sqlite3_vfs vfs = *SystemVfs();
  vfs.zName = "dbrepl-parking";
  vfs.pNext = nullptr;
  vfs.szOsFile = static_cast<int>(kRealOffset) + SystemVfs()->szOsFile;
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  vfs.xAccess = Access;
  vfs.xFullPathname = FullPathname;
  CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
  return &vfs;
}

}  // namespace

const char* ParkingVfsName() {
  static const sqlite3_vfs* const vfs = RegisterVfs();
  return vfs->zName;
}

bool ParkFile(sqlite3* db) {
  // Pages are read anew afterwards; only what was parsed and prepared is worth its memory.
  sqlite3_db_release_memory(db);
  return sqlite3_file_control(db, "main", kPark, nullptr) == SQLITE_OK;
}

bool UnparkFile(sqlite3* db) {
  return sqlite3_file_control(db, "main", kUnpark, nullptr) == SQLITE_OK;
}

bool LeaveFile(sqlite3* db) {
  sqlite3_db_release_memory(db);
  return sqlite3_file_control(db, "main", kLeave, nullptr) == SQLITE_OK;
}

bool MoveToFile(sqlite3* db, const std::string& path) {
  std::string copy = path;
  return sqlite3_file_control(db, "main", kMove, &copy) == SQLITE_OK;
}

std::optional<SqliteHeader> ReadHeader(sqlite3* db) {
  SqliteHeader header{};
  if (sqlite3_file_control(db, "main", kHeader, header.data()) != SQLITE_OK) return std::nullopt;
  return header;
}

}  // namespace dbrepl
