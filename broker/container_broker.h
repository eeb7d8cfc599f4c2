// Reads, merges and repairs one container database: the object rows of all storage policies, the
// shard ranges, and the state that follows from the files on disk. See database_broker.h for
// threads, errors and what both kinds share.
//
// A container that was never sharded is one file <hash>.db. Sharding adds <hash>_<epoch>.db: while
// both exist the newest is the one to write ("fresh") and the one before it ("retiring") still
// counts; afterwards only the fresh one is left. Swift-reference.md sections 1.3, 3.9 and 3.11.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/database_broker.h"
#include "broker/object_row.h"
#include "broker/shard_range.h"
#include "broker/shard_range_table.h"

namespace dbrepl {

enum class DbState {
  kNotFound,   // no file
  kUnsharded,  // one file, and it is not of the epoch of the container's own shard range
  kSharding,   // a retiring and a fresh file
  kSharded,    // one file of the own shard range's epoch, and other shard ranges
  kCollapsed,  // the same without other shard ranges
};
// "not_found", "unsharded", "sharding", "sharded", "collapsed".
std::string_view DbStateName(DbState state);

// Rows that are not deleted, of one policy or of a set of shards.
struct ObjectStats {
  std::int64_t object_count = 0;
  std::int64_t bytes_used = 0;

  bool operator==(const ObjectStats&) const = default;
};

class ContainerBroker : public DatabaseBroker {
 public:
  enum class Files {
    kNewest,   // the newest file with the path's hash, whatever epoch the path names
    kExactly,  // the path's file and no other
  };
  explicit ContainerBroker(std::string path, BrokerOptions options = {},
                           Files files = Files::kNewest);

  DbKind kind() const override { return DbKind::kContainer; }
  Result<std::string> DbFile() override;
  // The container's files, the newest last; empty when there is none. Looked up once they exist and
  // remembered until ReloadFiles().
  Result<std::vector<std::string>> DbFiles();
  // What DbFiles answers from now on, by whoever has just looked at the disk.
  void RememberFiles(std::vector<std::string> files) { db_files_ = std::move(files); }
  // Looks at the disk anew with the next call.
  void ReloadFiles();

  // Merges in one transaction. With a source its sync point is raised to the last item's row_id: a
  // batch must be in order and without gaps; an empty one, or one without row_id, is kBadInput
  // then.
  Result<> MergeItems(std::vector<ObjectItem> items,
                      const std::optional<std::string>& source = std::nullopt);
  Result<> MergeItemsJson(std::string_view rows, const std::optional<std::string>& source) override;
  // Into the pending file, as Swift's servers do; committed when that is full.
  Result<> PutObject(const ObjectItem& item);

  Result<bool> Empty() override;
  Result<bool> IsReclaimable(double now_seconds, double reclaim_age_seconds) override;

  // Makes it the container's policy as of this time; the counts shown are that policy's from then
  // on.
  Result<> SetStoragePolicyIndex(std::int64_t index, std::string_view timestamp);
  Result<std::map<std::int64_t, ObjectStats>> PolicyStats();
  // Were there ever rows of more than one policy?
  Result<bool> HasMultiplePolicies();
  // Rows of other policies than the container's with ROWID above `after`, oldest first, at most
  // `limit`. Commits pending records first.
  Result<std::vector<StoredObject>> MisplacedSince(RowId after, int limit);
  // Up to which ROWID misplaced rows were handed to the reconciler; -1: none.
  Result<RowId> GetReconcilerSync();
  Result<> UpdateReconcilerSync(RowId point);

  Result<DbState> GetDbState();
  // In the order that peers see.
  Result<std::vector<ShardRange>> GetShardRanges(const ShardRangeQuery& query = {});
  // Deleted ones and its own too: what peers tell each other.
  Result<std::vector<ShardRange>> GetAllShardRanges();
  // The range of the container itself as it would be pushed now, with the current counts. One that
  // was never stored is the whole namespace, active, as of now.
  Result<ShardRange> GetOwnShardRange();
  Result<> MergeShardRanges(std::vector<ShardRange> ranges);
  // The same for ranges that a peer sent: an own range without epoch never replaces one that has
  // an epoch. Returns those that were kept out although they were newer, to be warned of.
  Result<std::vector<ShardRange>> MergePeerShardRanges(std::vector<ShardRange> ranges);
  // The container has other shard ranges and its own has begun or finished to be divided or
  // merged: object rows are no longer sent to peers.
  Result<bool> ShardingInitiated();
  // The same, and there is work left for the sharder: the database must not be removed.
  Result<bool> ShardingRequired();
  // The container that this one is a shard of, "<account>/<container>"; itself when it is none.
  Result<std::string> RootPath();
  Result<bool> IsRootContainer();

  // The container's numbers have reached its account; until then its database must stay.
  static bool IsReportUpToDate(const ReplicationInfo& info);

 protected:
  const char* RowsTable() const override { return "object"; }
  const char* ReclaimColumn() const override { return "created_at"; }
  Result<std::string> StatTable(Connection& connection) override;
  Result<ReplicationInfo> InfoWithin(Connection& connection) override;
  Result<bool> IsDeletedWithin(Connection& connection) override;
  Result<> NewIdWithin(Connection& connection) override;
  Result<bool> ReclaimOthersWithin(Connection& connection, double age_seconds,
                                   double sync_age_seconds, ReclaimMode mode) override;
  bool SurvivesDelete(std::string_view lower_case_name) const override;
  Result<> MergePending(const std::vector<PicklePtr>& records) override;

 private:
  struct RootPointer {
    std::string header;  // where it was found
    std::string path;
  };

  // What the database's own table says, without regard to shards.
  Result<ReplicationInfo> StoredInfoWithin(Connection& connection);
  // The path under which shard ranges know this container.
  Result<std::string> NameWithin(Connection& connection);
  Result<DbState> StateWithin(Connection& connection);
  // Counts that stand in for the database's own: the retiring file's while sharding, the shards'
  // for a sharded root.
  Result<std::optional<ObjectStats>> AlternateStatsWithin(Connection& connection, DbState state);
  Result<ObjectStats> ShardUsageWithin(Connection& connection);
  // Told by the sequence of ROWIDs, which costs next to nothing: most containers never had any.
  Result<bool> EverHadShardRangesWithin(Connection& connection);
  Result<bool> ShardingInitiatedWithin(Connection& connection);
  Result<std::optional<RootPointer>> RootPointerWithin(Connection& connection);
  Result<bool> IsRootWithin(Connection& connection);
  Result<bool> HasNoObjectsWithin(Connection& connection);
  // Nothing but the file before the newest one; CHECKs that there is one.
  ContainerBroker RetiringBroker() const;

  const Files files_;
  std::vector<std::string> db_files_;  // empty: to be looked up
};

}  // namespace dbrepl
