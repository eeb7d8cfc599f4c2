// Removes a database with its directories (swift-reference.md section 5.6, delete_db).
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "common/result.h"

namespace dbrepl {

// Called with the hash directory's lock held, before anything is removed: a last look whether the
// database is still what its removal was decided for (and what must go before it, such as the link
// in sync_containers). A failure leaves everything as it is. It must not take the directory's lock
// (brokers only with skip_commits), and may take SQLite's and keep it until RemoveDatabase is back.
using BeforeRemoval = std::function<Result<>()>;

// Removes the hash directory under its lock (waited for as Swift does), the database files first,
// then the suffix and the partition directory if they are empty. Gone already is fine, and
// `before` is not asked. kBusy: the lock was not had; `before`'s error; others: something is left,
// and the message says what. Thread-safe.
Result<> RemoveDatabase(const std::string& db_path, const BeforeRemoval& before = {},
                        std::chrono::milliseconds lock_timeout = std::chrono::seconds(10));

}  // namespace dbrepl
