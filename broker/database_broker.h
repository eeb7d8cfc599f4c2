// Reads, merges and repairs one account or container database, in step with Swift's processes that
// use the same files at the same time. swift-reference.md section 3 says what each call means.
//
// A broker owns one SQLite connection, opened when first needed. It may move between threads but is
// used by one at a time. Every call may return kBusy (another process holds a lock for too long),
// kCorrupt (damaged: see PossiblyQuarantine), kNotFound (the file is gone; nothing is created),
// kNoSpace or kIo. Each call is one transaction: done whole or not at all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker_options.h"
#include "broker/connection.h"
#include "broker/db_kind.h"
#include "broker/metadata.h"
#include "broker/reclaim.h"
#include "broker/replication_info.h"
#include "broker/sync_points.h"
#include "broker/transaction.h"
#include "common/clock.h"
#include "common/pickle.h"
#include "common/result.h"

namespace dbrepl {

class ReadHold;

using RowId = std::int64_t;

// Rows as peers read them.
struct ItemsPage {
  std::string rows;     // a JSON array of one object per row, ROWID first, as json.dumps writes it
  int count = 0;        // 0: there are none after the given ROWID
  RowId last_row = -1;  // the last row's ROWID; -1 when count is 0
};

class DatabaseBroker {
 public:
  virtual ~DatabaseBroker();
  DatabaseBroker(const DatabaseBroker&) = delete;
  DatabaseBroker& operator=(const DatabaseBroker&) = delete;

  virtual DbKind kind() const = 0;
  // The path this broker was made with.
  const std::string& path() const { return path_; }
  // The file that is read and written: of a sharding container the newest epoch's.
  virtual Result<std::string> DbFile() { return path_; }

  // What peers are told. All of one moment, after pending records were committed.
  Result<ReplicationInfo> GetReplicationInfo();
  // The same and the incoming sync point of one peer.
  Result<ReplicationState> GetReplicationState(std::string_view remote_id);
  // GetReplicationInfo without metadata and max_row.
  virtual Result<ReplicationInfo> GetInfo();

  // The highest ROWID ever given out in the table of rows (it does not fall when rows go); -1: none
  // was.
  Result<RowId> GetMaxRow();
  // Rows with ROWID above `after`, oldest first, at most `limit`. Commits pending records first.
  // Text that is not UTF-8 in a row: kIo, naming the row.
  Result<ItemsPage> ItemsSince(RowId after, int limit);

  // Merges rows as a peer sends them: a JSON array of objects. With a source (the peer database's
  // id) its sync point is raised too. Malformed JSON, missing members, wrong types: kBadInput, and
  // nothing is merged.
  virtual Result<> MergeItemsJson(std::string_view rows,
                                  const std::optional<std::string>& source) = 0;

  Result<std::int64_t> GetSync(std::string_view remote_id, SyncDirection direction);
  Result<std::vector<SyncPoint>> GetSyncs(SyncDirection direction);
  Result<> MergeSyncs(const std::vector<SyncPoint>& points, SyncDirection direction);

  // The database's own id. One that came as a file from a peer in its place has another.
  Result<std::string> GetId();
  // Gives the database a new id, for one that was received as a file from `remote_id`, and notes
  // that all of its rows are the sender's; the new id.
  Result<std::string> NewId(std::string_view remote_id);

  // Rows above `last` move above `beyond`, and later ones come there too; nothing is written when
  // that is so already, and nothing happens when there has never been a row.
  Result<> MoveRowsBeyond(RowId last, RowId beyond);

  // Keeps the least created_at and the greatest of the others, compared as text; status_changed_at
  // becomes now when that makes or unmakes the database deleted.
  Result<> MergeTimestamps(std::string_view created_at, std::string_view put_timestamp,
                           std::string_view delete_timestamp);
  // Never backwards.
  Result<> UpdatePutTimestamp(std::string_view timestamp);
  Result<> UpdateStatusChangedAt(std::string_view timestamp);

  // Empty when there is none. No row in the stat table: kCorrupt.
  Result<Metadata> GetMetadata();
  // Per name the newest wins; nothing is written when nothing is newer. Limits are for clients'
  // updates only: passed ones are kBadInput and nothing is changed.
  Result<> UpdateMetadata(const Metadata& updates, const MetadataLimits* limits = nullptr);

  // Also true when the file is missing.
  Result<bool> IsDeleted();
  // No rows that are not deleted.
  virtual Result<bool> Empty() = 0;
  // By its timestamps: deleted before this time, and not put since. Others are not reclaimable.
  static Result<bool> WasDeletedBefore(const ReplicationInfo& info, double seconds);
  // Deleted for longer than reclaim_age, and empty: the files may go when all peers agree.
  virtual Result<bool> IsReclaimable(double now_seconds, double reclaim_age_seconds);
  // Marks the database deleted at this time and blanks its metadata; not when it was deleted later.
  Result<> DeleteDb(std::string_view timestamp);

  // Commits pending records; deletes tombstones older than `age`, in batches with the lock given
  // back in between, sync points not touched since `sync_age`, and deleted metadata older than
  // `age`. Times in seconds since 1970. Takes no writer's lock when there is nothing to delete.
  // Returns how many tombstones went.
  Result<std::int64_t> Reclaim(double age_seconds, double sync_age_seconds);

  // Holds the writer's lock: others can read, nobody else can change anything. What the broker
  // writes meanwhile is part of this one transaction and lasts with its Commit.
  Result<Transaction> Lock();

  // Pending records into the database; nothing to do is fine. With stale_reads_ok never fails for
  // locks.
  Result<> CommitPending();

  // Moves the hash directory aside and returns where to. The connection is closed first.
  Result<std::string> Quarantine(std::string_view reason);
  // If Swift would quarantine for this error, does so and returns an error that says where to;
  // else returns it unchanged.
  Error PossiblyQuarantine(Error error);

  // The next call opens anew.
  void CloseConnection();

 protected:
  DatabaseBroker(std::string path, BrokerOptions options);

  // What differs between the kinds; the ones with a Connection run inside a transaction.
  virtual const char* RowsTable() const = 0;                          // "container" or "object"
  virtual const char* ReclaimColumn() const = 0;                      // the time of a tombstone
  virtual Result<std::string> StatTable(Connection& connection) = 0;  // to read and to UPDATE
  virtual Result<ReplicationInfo> InfoWithin(Connection& connection) = 0;
  virtual Result<bool> IsDeletedWithin(Connection& connection) = 0;
  virtual Result<> NewIdWithin(Connection& connection);
  // Whatever else this kind reclaims: is there any, or delete it and say whether there was any.
  virtual Result<bool> ReclaimOthersWithin(Connection& connection, double age_seconds,
                                           double sync_age_seconds, ReclaimMode mode);
  // Metadata names, in lower case, that survive DeleteDb.
  virtual bool SurvivesDelete(std::string_view lower_case_name) const;
  // Merges records of the pending file; the directory's lock is held.
  virtual Result<> MergePending(const std::vector<PicklePtr>& records) = 0;

  // The open connection. Missing file: kNotFound.
  Result<Connection*> Connect();
  // Appends a record to the pending file, or commits all with it when the file is full.
  Result<> PutRecord(const std::vector<SqlValue>& fields);
  Result<ReplicationInfo> ReplicationInfoWithin(Connection& connection);
  Result<RowId> MaxRowWithin(Connection& connection, std::string_view table);
  Result<std::string> RawMetadataWithin(Connection& connection);
  Result<> UpdateStatusChangedAtWithin(Connection& connection, std::string_view timestamp);
  // What to say when the one row of the stat table is not there: kCorrupt.
  Error MissingStatRow(const Connection& connection) const;
  // Tells the operator of a pending entry that is dropped.
  void WarnOfPending(std::string_view problem) const;
  // Now, as Timestamp.now().internal.
  Result<std::string> NowTimestamp() const;
  const Clock& clock() const { return *options_.clock; }
  const BrokerOptions& options() const { return options_; }

 private:
  friend class ReadHold;
  // Whether reads are held from now on; then to be ended. Errors: the database cannot be opened.
  Result<bool> HoldReads();
  void EndHeldReads();

  // No row lies above `last` and not above `beyond`, and none will.
  Result<bool> AreRowsBeyond(RowId last, RowId beyond);
  // Makes the connection, with reads held where finding it began with a look at the file.
  Result<> OpenConnection();
  Result<> CommitPendingUnderLock(const std::string& pending);
  // The directory's lock is held; the extra record (or null) goes in before those of the file, as
  // in Swift.
  Result<> CommitLocked(const std::string& pending, PicklePtr extra);
  Result<> MergeMetadataWithin(Connection& connection, const Metadata& updates,
                               const MetadataLimits* limits);
  Result<Metadata> MetadataWithin(Connection& connection);
  Result<> WriteMetadataWithin(Connection& connection, const Metadata& metadata);
  Result<bool> ReclaimRestWithin(Connection& connection, double age_seconds,
                                 double sync_age_seconds, ReclaimMode mode);

  const std::string path_;
  const BrokerOptions options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace dbrepl
