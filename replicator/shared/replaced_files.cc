#include "replicator/shared/replaced_files.h"

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "broker/sqlite_file.h"

namespace dbrepl {

namespace {

constexpr std::size_t kMaxKept = 64;

// What only SQLites of the future may write to.
constexpr unsigned char kFutureVersion = 255;

}  // namespace

Result<UniqueFd> ReplacedFiles::Open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return Fail(ErrnoError(errno, path));
  return fd;
}

Result<> ReplacedFiles::MarkReadOnly(const UniqueFd& file) {
  const int fd = file.get();
  std::array<unsigned char, 4> counter{};
  if (::pwrite(fd, &kFutureVersion, 1, kSqliteWriteVersion) != 1 ||
      ::pread(fd, counter.data(), counter.size(), kSqliteChangeCounter) != 4) {
    return Fail(ErrnoError(errno, "the replaced file"));
  }
  ++counter[0];  // connections notice by it that what they have in memory is out of date
  if (::pwrite(fd, counter.data(), counter.size(), kSqliteChangeCounter) != 4)
    return Fail(ErrnoError(errno, "the replaced file"));
  return {};
}

Result<> ReplacedFiles::Keep(UniqueFd file, std::unique_ptr<DatabaseBroker> broker,
                             Transaction lock) {
  Result<> marked = MarkReadOnly(file);
  auto kept = std::make_unique<Kept>(
      Kept{std::move(file), std::move(broker), std::move(lock), clock_.SteadyNow() + duration_});
  {
    const MutexLock held(mutex_);
    kept_.push_back(std::move(kept));
  }
  Purge();
  return marked;
}

void ReplacedFiles::Purge() {
  std::vector<std::unique_ptr<Kept>> over;  // ended without the mutex: closing may take time
  const MutexLock held(mutex_);
  while (!kept_.empty() &&
         (kept_.size() > kMaxKept || kept_.front()->until <= clock_.SteadyNow())) {
    over.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
}

}  // namespace dbrepl
