#include "broker/sqlite_setup.h"

#include <sqlite3.h>

namespace dbrepl {

void SetUpSqlite() {
  static const bool done = [] {
    // SQLITE_MISUSE when SQLite runs already: slower, and nothing else.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace dbrepl
