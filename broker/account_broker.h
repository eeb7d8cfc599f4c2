// The broker of account databases: which containers an account has, and their sums. Errors, threads
// and locks are those of DatabaseBroker. swift-reference.md sections 3.4, 3.7 and 3.10.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/container_record.h"
#include "broker/database_broker.h"

namespace dbrepl {

class AccountFold;

// Sums over an account's containers of one storage policy.
struct AccountPolicyStats {
  std::int64_t storage_policy_index = 0;
  std::optional<std::int64_t> container_count;  // unknown to databases from before Swift 2.2
  std::int64_t object_count = 0;
  std::int64_t bytes_used = 0;

  bool operator==(const AccountPolicyStats&) const = default;
};

class AccountBroker final : public DatabaseBroker {
 public:
  explicit AccountBroker(std::string path, BrokerOptions options = {})
      : DatabaseBroker(std::move(path), std::move(options)) {}

  DbKind kind() const override { return DbKind::kAccount; }

  // Merges in order, each as MergeContainerRecords says. A record that changes nothing at all is
  // not written again, unless the options say so. With a source, its sync point becomes at least
  // the greatest row_id of the batch; then every item must have one. A nameless record, text that
  // is not UTF-8, a timestamp that is none where one is compared: kBadInput, and nothing is merged.
  Result<> MergeItems(const std::vector<ContainerItem>& items,
                      const std::optional<std::string>& source);
  Result<> MergeItemsJson(std::string_view rows, const std::optional<std::string>& source) override;

  // What a container server reports, into the pending file. `deleted` follows from the record.
  Result<> PutContainer(const ContainerRecord& record);

  // In order of policy; empty for a database from before storage policies. With kMigrate such
  // databases, and those that do not count containers per policy, are brought up to date first.
  enum class Migrate { kNo, kYes };
  Result<std::vector<AccountPolicyStats>> GetPolicyStats(Migrate migrate = Migrate::kNo);

  Result<bool> Empty() override;

 protected:
  const char* RowsTable() const override { return "container"; }
  const char* ReclaimColumn() const override { return "delete_timestamp"; }
  Result<std::string> StatTable(Connection& /*connection*/) override { return "account_stat"; }
  Result<ReplicationInfo> InfoWithin(Connection& connection) override;
  Result<bool> IsDeletedWithin(Connection& connection) override;
  Result<> MergePending(const std::vector<PicklePtr>& records) override;
};

}  // namespace dbrepl
