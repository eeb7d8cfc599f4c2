// The parts of DatabaseBroker that concern metadata and reclaiming.
#include <utility>

#include "broker/database_broker.h"
#include "common/strings.h"

namespace dbrepl {

Error DatabaseBroker::MissingStatRow(const Connection& connection) const {
  return Error{Errc::kCorrupt,
               StrCat(connection.path(), ": missing row in ", DbKindName(kind()), "_stat table"),
               {}};
}

Result<std::string> DatabaseBroker::RawMetadataWithin(Connection& connection) {
  TRY_ASSIGN(const std::string stat, StatTable(connection));
  TRY_ASSIGN(const bool known, connection.HasColumn(stat.c_str(), "metadata"));
  if (!known) return std::string();  // a database from before Swift 1.3
  TRY_ASSIGN(Statement query, connection.Prepare(StrCat("SELECT metadata FROM ", stat)));
  TRY_ASSIGN(const bool row, query.Step());
  if (!row) return Fail(MissingStatRow(connection));
  return std::string(query.Text(0));
}

Result<Metadata> DatabaseBroker::MetadataWithin(Connection& connection) {
  TRY_ASSIGN(const std::string raw, RawMetadataWithin(connection));
  auto metadata = ParseMetadata(raw);
  if (!metadata) return Fail(std::move(metadata).error().Within(connection.path()));
  return metadata;
}

Result<Metadata> DatabaseBroker::GetMetadata() {
  TRY_ASSIGN(Connection * connection, Connect());
  return MetadataWithin(*connection);
}

Result<> DatabaseBroker::WriteMetadataWithin(Connection& connection, const Metadata& metadata) {
  TRY_ASSIGN(const std::string stat, StatTable(connection));
  TRY_ASSIGN(const bool known, connection.HasColumn(stat.c_str(), "metadata"));
  if (!known) {
    TRY(connection.Execute(StrCat("ALTER TABLE ", stat, " ADD COLUMN metadata TEXT DEFAULT ''")));
  }
  TRY_ASSIGN(Statement update, connection.Prepare(StrCat("UPDATE ", stat, " SET metadata = ?")));
  const std::string json = DumpMetadata(metadata);
  update.Bind(1, json);
  return update.Run();
}

Result<> DatabaseBroker::MergeMetadataWithin(Connection& connection, const Metadata& updates,
                                             const MetadataLimits* limits) {
  TRY_ASSIGN(Metadata metadata, MetadataWithin(connection));
  if (!MergeMetadata(metadata, updates)) return {};
  if (limits != nullptr) TRY(CheckMetadataLimits(metadata, *limits));
  return WriteMetadataWithin(connection, metadata);
}

Result<> DatabaseBroker::UpdateMetadata(const Metadata& updates, const MetadataLimits* limits) {
  TRY_ASSIGN(Connection * connection, Connect());
  // Most updates from peers bring nothing new: find out without the writer's lock.
  TRY_ASSIGN(Metadata metadata, MetadataWithin(*connection));
  if (!MergeMetadata(metadata, updates)) return {};
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(MergeMetadataWithin(*connection, updates, limits));
  return transaction.Commit();
}

Result<bool> DatabaseBroker::ReclaimOthersWithin(Connection& /*connection*/, double /*age*/,
                                                 double /*sync_age*/, ReclaimMode /*mode*/) {
  return false;
}

Result<bool> DatabaseBroker::ReclaimRestWithin(Connection& connection, double age_seconds,
                                               double sync_age_seconds, ReclaimMode mode) {
  TRY_ASSIGN(const bool syncs, ReclaimSyncPoints(connection, sync_age_seconds, mode));
  TRY_ASSIGN(Metadata metadata, MetadataWithin(connection));
  auto items = ReclaimMetadata(metadata, age_seconds);
  if (!items) return Fail(std::move(items).error().Within(connection.path()));
  if (*items && mode == ReclaimMode::kDelete) TRY(WriteMetadataWithin(connection, metadata));
  TRY_ASSIGN(const bool others,
             ReclaimOthersWithin(connection, age_seconds, sync_age_seconds, mode));
  return syncs || *items || others;
}

Result<std::int64_t> DatabaseBroker::Reclaim(double age_seconds, double sync_age_seconds) {
  TRY(CommitPending());
  TRY_ASSIGN(Connection * connection, Connect());
  TRY_ASSIGN(const std::int64_t tombstones,
             ReclaimTombstones(*connection, RowsTable(), ReclaimColumn(), age_seconds));
  {
    TRY_ASSIGN(Transaction moment, Transaction::Begin(*connection, Transaction::Kind::kRead));
    TRY_ASSIGN(const bool any,
               ReclaimRestWithin(*connection, age_seconds, sync_age_seconds, ReclaimMode::kLook));
    if (!any) return tombstones;
  }
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(*connection));
  TRY(ReclaimRestWithin(*connection, age_seconds, sync_age_seconds, ReclaimMode::kDelete));
  TRY(transaction.Commit());
  return tombstones;
}

}  // namespace dbrepl
