// The parts of DatabaseBroker that concern the pending file. Locks are taken in Swift's order: the
// directory's first, SQLite's second.
#include <utility>

#include "broker/database_broker.h"
#include "broker/db_path.h"
#include "broker/pending_file.h"
#include "common/dir_lock.h"
#include "common/files.h"
#include "common/strings.h"

namespace dbrepl {

Result<> DatabaseBroker::CommitPending() {
  if (options_.skip_commits || options_.read_only) return {};
  const std::string pending = PendingPath(path_);
  TRY_ASSIGN(const std::int64_t size, PendingSize(pending));
  if (size == 0) return {};
  // Whoever has the directory's lock may be waiting for readers.
  EndHeldReads();
  auto committed = CommitPendingUnderLock(pending);
  if (!committed && options_.stale_reads_ok && committed.error().code != Errc::kCorrupt) return {};
  return committed;
}

Result<> DatabaseBroker::CommitPendingUnderLock(const std::string& pending) {
  TRY_ASSIGN(const DirLock lock,
             DirLock::AcquireExisting(DirName(pending), options_.pending_timeout));
  return CommitLocked(pending, nullptr);
}

Result<> DatabaseBroker::CommitLocked(const std::string& pending, PicklePtr extra) {
  TRY_ASSIGN(PendingFile file, PendingFile::Open(pending));
  TRY_ASSIGN(std::vector<PicklePtr> records,
             file.ReadAll([this](const std::string& problem) { WarnOfPending(problem); }));
  if (extra != nullptr) records.insert(records.begin(), std::move(extra));
  if (!records.empty()) {
    auto merged = MergePending(records);
    if (!merged) return Fail(std::move(merged).error().Within(pending));
  }
  return file.Clear();
}

void DatabaseBroker::WarnOfPending(std::string_view problem) const {
  if (options_.warn == nullptr) return;
  options_.warn(StrCat("Invalid pending entry ", PendingPath(path_), ": ", problem));
}

Result<> DatabaseBroker::PutRecord(const std::vector<SqlValue>& fields) {
  if (options_.skip_commits || options_.read_only) {
    return Fail(Errc::kBadInput, StrCat(path_, ": commits not accepted"));
  }
  TRY_ASSIGN(const std::string file, DbFile());
  if (::access(file.c_str(), F_OK) != 0) return Fail(ErrnoError(errno, file));
  const std::string pending = PendingPath(path_);
  const std::string pickle = PickleTuple(fields);
  TRY_ASSIGN(const DirLock lock,
             DirLock::AcquireExisting(DirName(pending), options_.pending_timeout));
  TRY_ASSIGN(const std::int64_t size, PendingSize(pending));
  if (size <= kPendingCap) return AppendPending(pending, pickle);
  TRY_ASSIGN(PicklePtr record, ReadPickle(pickle));
  return CommitLocked(pending, std::move(record));
}

}  // namespace dbrepl
