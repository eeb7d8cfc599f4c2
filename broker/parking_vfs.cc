#include "broker/parking_vfs.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "common/check.h"

namespace dbrepl {

namespace {

// Our own file controls; SQLite uses numbers below 100.
constexpr int kPark = 7001;
constexpr int kUnpark = 7002;

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

// SQLite's view of a file comes first; the system's file lies behind this in the same memory.
struct ParkableFile {
  sqlite3_file seen_by_sqlite{};
  const char* path = nullptr;  // SQLite's memory, there as long as the file is open
  int flags = 0;
  int lock = SQLITE_LOCK_NONE;
  bool parked = false;
  bool identified = false;
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

// Does the path still lead to the file that was opened?
bool PathIsThisFile(const ParkableFile& file) {
  Identity now;
  return ReadIdentity(file.path, now) && now == file.identity;
}

int Park(sqlite3_file* file) {
  ParkableFile* ours = Ours(file);
  if (ours->parked || !ours->identified || ours->lock != SQLITE_LOCK_NONE ||
      !PathIsThisFile(*ours)) {
    return SQLITE_BUSY;
  }
  ours->parked = Real(file)->pMethods->xClose(Real(file)) == SQLITE_OK;
  return ours->parked ? SQLITE_OK : SQLITE_BUSY;
}

int Unpark(sqlite3_file* file) {
  ParkableFile* ours = Ours(file);
  // Looked at before and after, so that it is this file that was opened in between.
  if (!ours->parked || !PathIsThisFile(*ours)) return SQLITE_CANTOPEN;
  sqlite3_vfs* system = SystemVfs();
  std::memset(static_cast<void*>(Real(file)), 0, static_cast<std::size_t>(system->szOsFile));
  const int code = system->xOpen(system, ours->path, Real(file), ours->flags, nullptr);
  if (code != SQLITE_OK) return code;
  if (!PathIsThisFile(*ours)) {
    Real(file)->pMethods->xClose(Real(file));
    return SQLITE_CANTOPEN;
  }
  ours->parked = false;
  return SQLITE_OK;
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  if (operation == kPark) return Park(file);
  if (operation == kUnpark) return Unpark(file);
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
  methods.xRead = Forward<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
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

int Open(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = SystemVfs();
  // Journals and temporary files live within one transaction: they stay the system's own.
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || path == nullptr) {
    return system->xOpen(system, path, file, flags, out_flags);
  }
  auto* ours = new (static_cast<void*>(file)) ParkableFile;
  Identity before;
  const bool known = ReadIdentity(path, before);
  const int code = system->xOpen(system, path, Real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;  // no methods are set: SQLite will not close it
  ours->path = path;
  ours->flags = flags & ~SQLITE_OPEN_CREATE;
  ours->identified = known && ReadIdentity(path, ours->identity) && ours->identity == before;
  ours->seen_by_sqlite.pMethods = &kMethods;
  return code;
}

sqlite3_vfs* RegisterVfs() {
  static sqlite3_vfs vfs = *SystemVfs();
  vfs.zName = "dbrepl-parking";
  vfs.pNext = nullptr;
  vfs.szOsFile = static_cast<int>(kRealOffset) + SystemVfs()->szOsFile;
  vfs.xOpen = Open;
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

}  // namespace dbrepl
