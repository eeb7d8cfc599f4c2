#include "broker/create.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "broker/connection.h"
#include "broker/db_path.h"
#include "broker/schema.h"
#include "broker/transaction.h"
#include "common/dir_lock.h"
#include "common/files.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

// What goes into the stat row.
struct FirstValues {
  std::string created_at;
  std::string id;
  std::string put_timestamp;
};

// Removes the unfinished file unless it was moved into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

Result<> FillAccount(Connection& connection, const NewDatabase& database,
                     const FirstValues& first) {
  TRY(connection.Execute(kContainerTableSql));
  TRY(connection.Execute(kContainerPolicyTriggersSql));
  TRY(connection.Execute(kAccountStatTableSql));
  TRY_ASSIGN(Statement fill,
             connection.Prepare("UPDATE account_stat SET account = ?, created_at = ?, id = ?,"
                                " put_timestamp = ?4, status_changed_at = ?4"));
  fill.BindAll(database.account, first.created_at, first.id, first.put_timestamp);
  TRY(fill.Run());
  return connection.Execute(kAccountPolicyStatTableSql);
}

Result<> FillContainer(Connection& connection, const NewDatabase& database,
                       const FirstValues& first) {
  TRY(connection.Execute(kObjectTableSql));
  TRY(connection.Execute(kObjectPolicyTriggersSql));
  TRY(connection.Execute(kContainerPolicyStatTableSql));
  TRY_ASSIGN(Statement policy,
             connection.Prepare("INSERT INTO policy_stat (storage_policy_index) VALUES (?)"));
  policy.Bind(1, database.storage_policy_index);
  TRY(policy.Run());
  TRY(connection.Execute(kContainerInfoTableSql));
  TRY(connection.Execute(kContainerStatViewSql));
  TRY_ASSIGN(Statement fill,
             connection.Prepare(
                 "INSERT INTO container_info (account, container, created_at, id, put_timestamp,"
                 " status_changed_at, storage_policy_index) VALUES (?, ?, ?, ?, ?5, ?5, ?6)"));
  fill.BindAll(database.account, database.container, first.created_at, first.id,
               first.put_timestamp, database.storage_policy_index);
  TRY(fill.Run());
  return connection.Execute(kShardRangeTableSql);
}

// In one transaction: each statement alone would write its pages anew.
Result<> Fill(const std::string& file, const NewDatabase& database, const FirstValues& first) {
  TRY_ASSIGN(const auto connection,
             Connection::Open(file, {.mode = ConnectionOptions::Mode::kCreation}));
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(connection->Execute(kSyncTablesSql));
  TRY(database.kind == DbKind::kAccount ? FillAccount(*connection, database, first)
                                        : FillContainer(*connection, database, first));
  return transaction.Commit();
}

Result<std::string> MakeTemporary(const std::string& directory) {
  std::string path = StrCat(directory, "/tmpXXXXXX.tmp");
  const UniqueFd fd(::mkostemps(path.data(), 4, O_CLOEXEC));  // mode 0600
  if (!fd) return Fail(ErrnoError(errno, path));
  return path;
}

Result<> SyncFile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return Fail(ErrnoError(errno, path));
  return {};
}

// Under the lock nobody of Swift's or ours puts a database there between the look and the rename.
Result<> MoveIntoPlace(const std::string& from, const std::string& to,
                       std::chrono::milliseconds lock_timeout) {
  const std::string directory = DirName(to);
  TRY_ASSIGN(const DirLock lock, DirLock::Acquire(directory, lock_timeout));
  if (::access(to.c_str(), F_OK) == 0) {
    return Fail(Errc::kExists, StrCat(to, ": already exists"));
  }
  if (std::rename(from.c_str(), to.c_str()) != 0) return Fail(ErrnoError(errno, to));
  return SyncDirectory(directory);
}

}  // namespace

Result<> CreateDatabase(const NewDatabase& database, const Clock& clock, Random& random,
                        std::chrono::milliseconds lock_timeout) {
  const bool container = database.kind == DbKind::kContainer;
  if (database.account.empty() || (container && database.container.empty())) {
    return Fail(Errc::kBadInput,
                StrCat(database.path, ": a new database needs ",
                       database.account.empty() ? "an account" : "a container", " name"));
  }
  TRY_ASSIGN(const Timestamp now, Timestamp::FromSeconds(clock.NowSeconds()));
  FirstValues first;
  first.created_at = now.Internal();
  first.id = StrCat(Uuid4(random), "-", DeviceName(database.path));
  first.put_timestamp =
      database.put_timestamp.empty() ? Timestamp().Internal() : database.put_timestamp;
  const std::string directory = DirName(database.path);
  TRY(MakeDirectories(directory));
  TRY_ASSIGN(std::string path, MakeTemporary(directory));
  TemporaryFile temporary(std::move(path));
  TRY(Fill(temporary.path(), database, first));
  TRY(SyncFile(temporary.path()));
  TRY(MoveIntoPlace(temporary.path(), database.path, lock_timeout));
  temporary.Keep();
  return {};
}

}  // namespace dbrepl
