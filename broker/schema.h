// The SQL that makes Swift's tables, views, indexes and triggers, in parts, so that migrations of
// old databases can use the same texts (swift-reference.md sections 3.2 to 3.4). Names, column
// types and what the triggers do are Swift's contract; the spelling is ours.
#pragma once

#include <string_view>

namespace dbrepl {

// Both kinds: outgoing_sync and incoming_sync with the four triggers that keep updated_at.
extern const std::string_view kSyncTablesSql;

// Account databases, in order of creation.
extern const std::string_view kContainerTableSql;           // with index and three triggers
extern const std::string_view kContainerPolicyTriggersSql;  // container_insert_ps, ..._delete_ps
extern const std::string_view kAccountStatTableSql;         // with its one row, still empty
extern const std::string_view
    kAccountPolicyStatTableSql;  // seeded from account_stat if that counts

// Container databases, in order of creation.
extern const std::string_view kObjectTableSql;  // with index and update trigger
extern const std::string_view
    kObjectPolicyTriggersSql;  // object_insert_policy_stat, ..._delete_...
extern const std::string_view kContainerPolicyStatTableSql;
extern const std::string_view kContainerInfoTableSql;
extern const std::string_view kContainerStatViewSql;  // with its INSTEAD OF trigger
extern const std::string_view kShardRangeTableSql;    // with its update trigger

}  // namespace dbrepl
