#include "broker/sqlite_error.h"

#include <cerrno>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "broker/connection.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {
namespace {

int errno_of_writing = 0;

ssize_t RefuseToWrite(int, const void*, std::size_t, off_t) {
  errno = errno_of_writing;
  return -1;
}

// While it lives, no file can be written to by SQLite.
class FullDisk {
 public:
  explicit FullDisk(int error) {
    errno_of_writing = error;
    Set(reinterpret_cast<sqlite3_syscall_ptr>(&RefuseToWrite));
  }
  ~FullDisk() { Set(nullptr); }  // the system's own again
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  static void Set(sqlite3_syscall_ptr function) {
    sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
    for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, function);
  }
};

// A quota that is used up is an I/O error to SQLite, for which a database would be quarantined.
TEST(SqliteErrorTest, AQuotaThatIsUsedUpIsAFullDisk) {
  const TempDir directory(TempDir::kInMemory);
  const std::string path = directory.Sub("t.db");
  std::ofstream(path).close();
  const auto connection = Connection::Open(path).value();
  ASSERT_TRUE(connection->Execute("CREATE TABLE t (a)"));
  for (const int error : {EDQUOT, ENOSPC, EIO}) {
    const FullDisk full(error);
    const auto written = connection->Execute("INSERT INTO t VALUES (1)");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, error == EIO ? Errc::kCorrupt : Errc::kNoSpace) << error;
    EXPECT_EQ(QuarantineReason(written.error()).empty(), error != EIO) << written.error().message;
    EXPECT_EQ(written.error().hint.empty(), error == EIO);
  }
  EXPECT_TRUE(connection->Execute("INSERT INTO t VALUES (1)"));
}

}  // namespace
}  // namespace dbrepl
