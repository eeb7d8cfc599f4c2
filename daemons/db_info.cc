#include "daemons/db_info.h"

#include <chrono>
#include <utility>

#include "broker/account_broker.h"
#include "broker/connection.h"
#include "broker/container_broker.h"
#include "broker/db_path.h"
#include "broker/pending_file.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

constexpr std::chrono::seconds kLockTimeout{5};

Result<DbKind> KindOf(const std::string& path) {
  ConnectionOptions options;
  options.mode = ConnectionOptions::Mode::kReadOnly;
  options.lock_timeout = kLockTimeout;
  TRY_ASSIGN(const auto connection, Connection::Open(path, options));
  TRY_ASSIGN(Statement query,
             connection->Prepare("SELECT name FROM sqlite_master WHERE name IN "
                                 "('account_stat', 'container_stat', 'container_info')"));
  TRY_ASSIGN(const bool found, query.Step());
  if (!found) {
    return Fail(Errc::kBadInput, StrCat(path, ": neither an account nor a container database"));
  }
  return query.Text(0) == "account_stat" ? DbKind::kAccount : DbKind::kContainer;
}

Result<> ReadCommon(DatabaseBroker& broker, DatabaseFacts& facts) {
  TRY_ASSIGN(facts.db_file, broker.DbFile());
  TRY_ASSIGN(facts.info, broker.GetReplicationInfo());
  TRY_ASSIGN(facts.is_deleted, broker.IsDeleted());
  TRY_ASSIGN(facts.metadata, broker.GetMetadata());
  TRY_ASSIGN(facts.incoming, broker.GetSyncs(SyncDirection::kIncoming));
  TRY_ASSIGN(facts.outgoing, broker.GetSyncs(SyncDirection::kOutgoing));
  TRY_ASSIGN(facts.pending_bytes, PendingSize(PendingPath(broker.path())));
  return {};
}

Result<DatabaseFacts> ReadAccount(AccountBroker broker) {
  DatabaseFacts facts;
  TRY(ReadCommon(broker, facts));
  TRY_ASSIGN(const auto policies, broker.GetPolicyStats());
  for (const AccountPolicyStats& policy : policies) {
    facts.policies[policy.storage_policy_index] = {policy.container_count, policy.object_count,
                                                   policy.bytes_used};
  }
  return facts;
}

Result<DatabaseFacts> ReadContainer(ContainerBroker broker) {
  DatabaseFacts facts;
  TRY(ReadCommon(broker, facts));
  TRY_ASSIGN(const auto policies, broker.PolicyStats());
  for (const auto& [index, counts] : policies) {
    facts.policies[index] = {std::nullopt, counts.object_count, counts.bytes_used};
  }
  TRY_ASSIGN(facts.is_root, broker.IsRootContainer());
  // Metadata that names no root must not hide everything else: it is shown as it stands there.
  auto root_path = broker.RootPath();
  if (root_path) facts.root_path = *std::move(root_path);
  TRY_ASSIGN(facts.shard_ranges, broker.GetShardRanges());
  return facts;
}

}  // namespace

Result<DatabaseFacts> ReadDatabase(const std::string& path) {
  TRY_ASSIGN(const DbKind kind, KindOf(path));
  BrokerOptions options;
  options.read_only = true;
  options.lock_timeout = kLockTimeout;
  if (kind == DbKind::kAccount) return ReadAccount(AccountBroker(path, options));
  return ReadContainer(ContainerBroker(path, options));
}

}  // namespace dbrepl
