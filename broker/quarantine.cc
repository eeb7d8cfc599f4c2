#include "broker/quarantine.h"

#include <cerrno>
#include <cstdio>

#include "broker/db_path.h"
#include "common/files.h"
#include "common/random.h"
#include "common/strings.h"

namespace dbrepl {

Result<std::string> QuarantineDirectory(std::string_view db_path, DbKind kind) {
  const std::string directory = DirName(db_path);
  const std::string folder = StrCat(DevicePath(db_path), "/quarantined/", DbKindFolder(kind));
  TRY(MakeDirectories(folder));
  std::string target = StrCat(folder, "/", BaseName(directory));
  // An empty directory in the way would be replaced by rename: nothing is lost by that.
  if (std::rename(directory.c_str(), target.c_str()) == 0) return target;
  if (errno == EEXIST || errno == ENOTEMPTY) {
    std::string uuid = Uuid4(SystemRandom());
    std::erase(uuid, '-');
    target += StrCat("-", uuid);
    if (std::rename(directory.c_str(), target.c_str()) == 0) return target;
  }
  return Fail(ErrnoError(errno, StrCat("quarantine ", directory, " to ", target)));
}

}  // namespace dbrepl
