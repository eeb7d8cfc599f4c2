#include "replicator/answer/replica_merge.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/container_broker.h"
#include "broker/deleted_status.h"
#include "broker/make_broker.h"
#include "broker/policy_conflict.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {

namespace {

constexpr int kBatchRows = 1000;

Result<bool> HasStatus(const std::string& path, DbKind kind) {
  ConnectionOptions options;
  options.mode = ConnectionOptions::Mode::kReadOnly;
  TRY_ASSIGN(const auto connection, Connection::Open(path, options));
  return HasDeletedStatus(*connection, kind);
}

}  // namespace

ReplicaMerge::ReplicaMerge(DatabaseBroker& existing, std::unique_ptr<DatabaseBroker> received,
                           const Operation& operation)
    : existing_(existing), received_(std::move(received)), operation_(operation) {}

Error ReplicaMerge::Judge(Error error) {
  // Only the existing database lies where databases are quarantined from.
  const bool is_existing = error.message.find(received_->path()) == std::string::npos;
  return is_existing ? existing_.PossiblyQuarantine(std::move(error)) : error;
}

Result<bool> ReplicaMerge::CopyBatch(DatabaseBroker& from) {
  auto page = from.ItemsSince(last_row_, kBatchRows);
  if (!page) return Fail(Judge(std::move(page).error()));
  if (page->count == 0) return false;
  TRY(received_->MergeItemsJson(page->rows, std::nullopt));
  last_row_ = page->last_row;
  return page->count == kBatchRows;
}

Result<> ReplicaMerge::CopyMost() {
  while (true) {
    TRY_ASSIGN(const bool more, CopyBatch(existing_));
    if (!more) break;
  }
  return CopyShardRanges(existing_);
}

Result<Transaction> ReplicaMerge::LockExisting() {
  auto transaction = existing_.Lock();
  if (!transaction) return Fail(Judge(std::move(transaction).error()));
  return transaction;
}

Result<> ReplicaMerge::CopyTail() {
  // A second connection: the first is inside the transaction that keeps writers out. It must leave
  // pending records alone, for we hold the directory's lock.
  BrokerOptions options = operation_.MakeBrokerOptions();
  options.skip_commits = true;
  TRY_ASSIGN(const std::string file, existing_.DbFile());
  const auto reader = MakeBroker(existing_.kind(), file, options, ContainerBroker::Files::kExactly);
  while (true) {
    TRY_ASSIGN(const bool more, CopyBatch(*reader));
    if (!more) break;
  }
  TRY(CopyShardRanges(*reader));
  return CopyStat(*reader);
}

Result<> ReplicaMerge::CopyShardRanges(DatabaseBroker& from) {
  auto* source = dynamic_cast<ContainerBroker*>(&from);
  auto* target = dynamic_cast<ContainerBroker*>(received_.get());
  if (source == nullptr || target == nullptr) return {};
  TRY_ASSIGN(std::vector<ShardRange> ranges, source->GetAllShardRanges());
  if (ranges.empty() || ranges == shard_ranges_) return {};
  shard_ranges_ = ranges;
  TRY(target->MergePeerShardRanges(std::move(ranges)));
  return {};
}

Result<> ReplicaMerge::CopyStatus(const ReplicationInfo& from, const ReplicationInfo& to) {
  const DbKind kind = received_->kind();
  TRY_ASSIGN(const std::string file, existing_.DbFile());
  TRY_ASSIGN(const bool was_deleted, HasStatus(file, kind));
  TRY_ASSIGN(const bool is_deleted, HasStatus(received_->path(), kind));
  if (was_deleted == is_deleted) return {};
  TRY_ASSIGN(const Timestamp from_delete, Timestamp::Parse(from.delete_timestamp));
  TRY_ASSIGN(const Timestamp to_delete, Timestamp::Parse(to.delete_timestamp));
  TRY_ASSIGN(const Timestamp from_put, Timestamp::Parse(from.put_timestamp));
  TRY_ASSIGN(const Timestamp to_put, Timestamp::Parse(to.put_timestamp));
  const bool deleted = std::max(from_delete, to_delete) > std::max(from_put, to_put);
  if (deleted == is_deleted) return {};
  TRY_ASSIGN(const auto connection, Connection::Open(received_->path()));
  return SetDeletedStatus(*connection, kind, deleted);
}

Result<> ReplicaMerge::CopyPolicy(const ReplicationInfo& from, const ReplicationInfo& to) {
  auto* target = dynamic_cast<ContainerBroker*>(received_.get());
  if (target == nullptr || !RemotePolicyWins(ClaimOf(to), ClaimOf(from))) return {};
  TRY_ASSIGN(const Timestamp now, Timestamp::FromSeconds(operation_.options.clock->NowSeconds()));
  TRY(target->SetStoragePolicyIndex(from.storage_policy_index, now.Internal()));
  return target->UpdateReconcilerSync(-1);
}

Result<> ReplicaMerge::CopyStat(DatabaseBroker& from) {
  TRY_ASSIGN(const std::vector<SyncPoint> points, from.GetSyncs(SyncDirection::kIncoming));
  TRY(received_->MergeSyncs(points, SyncDirection::kIncoming));
  TRY_ASSIGN(const Metadata metadata, from.GetMetadata());
  TRY(received_->UpdateMetadata(metadata));
  TRY_ASSIGN(const ReplicationInfo was, from.GetReplicationInfo());
  TRY_ASSIGN(const ReplicationInfo is, received_->GetReplicationInfo());
  TRY(CopyPolicy(was, is));
  TRY(CopyStatus(was, is));
  TRY(received_->MergeTimestamps(was.created_at, was.put_timestamp, was.delete_timestamp));
  return received_->UpdateStatusChangedAt(was.status_changed_at);
}

void ReplicaMerge::CloseReceived() { received_->CloseConnection(); }

}  // namespace dbrepl
