// Brings all that a database knows into another replica of it, which was received as a file and is
// to replace it. For one merge, on one thread.
//
// Rows, incoming sync points, metadata and shard ranges are merged as always. Of the rest:
// created_at is the lesser, put and delete timestamp and status_changed_at are the greater ones; of
// two storage policies the better claim wins (policy_conflict.h); and `status`, where they differ,
// is "DELETED" when the last delete is later than the last put. The received file's outgoing sync
// points, container-sync points and reconciler point stay: they count ROWIDs of the sender's rows,
// which keep theirs, while those of the existing database count its own. When the storage policy
// changes, the reconciler starts over.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/database_broker.h"
#include "broker/shard_range.h"
#include "broker/transaction.h"
#include "common/result.h"
#include "replicator/answer/operation.h"

namespace dbrepl {

class ReplicaMerge {
 public:
  // `existing` must outlive this. Errors of the calls are those of the brokers; a damaged existing
  // database is quarantined.
  ReplicaMerge(DatabaseBroker& existing, std::unique_ptr<DatabaseBroker> received,
               const Operation& operation);

  // In batches, while others go on writing to the existing database.
  Result<> CopyMost();
  // The existing database stays as it is for as long as the transaction lives.
  Result<Transaction> LockExisting();
  // What has changed since CopyMost, and all that is not rows. Call with the lock, and with the
  // directory's lock, held.
  Result<> CopyTail();
  // Nothing of ours has the received file open after this.
  void CloseReceived();

 private:
  // Rows above last_row_ until there are none; true when the last batch was full.
  Result<bool> CopyBatch(DatabaseBroker& from);
  Result<> CopyShardRanges(DatabaseBroker& from);
  Result<> CopyStatus(const ReplicationInfo& from, const ReplicationInfo& to);
  Result<> CopyPolicy(const ReplicationInfo& from, const ReplicationInfo& to);
  Result<> CopyStat(DatabaseBroker& from);
  Error Judge(Error error);

  DatabaseBroker& existing_;
  std::unique_ptr<DatabaseBroker> received_;
  const Operation& operation_;
  RowId last_row_ = -1;
  std::vector<ShardRange> shard_ranges_;  // the existing ones that were merged last
};

}  // namespace dbrepl
