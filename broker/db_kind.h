// The two kinds of database. Accounts list containers, containers list objects.
#pragma once

#include <string_view>

namespace dbrepl {

enum class DbKind { kAccount, kContainer };

// "account" or "container": as in table names (account_stat), programs and log lines.
constexpr std::string_view DbKindName(DbKind kind) {
  return kind == DbKind::kAccount ? "account" : "container";
}

// The folder on each device that holds databases of this kind: "accounts" or "containers".
constexpr std::string_view DbKindFolder(DbKind kind) {
  return kind == DbKind::kAccount ? "accounts" : "containers";
}

}  // namespace dbrepl
