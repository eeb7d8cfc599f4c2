#include "broker/connection.h"

#include <algorithm>
#include <utility>

#include <sqlite3.h>

#include "broker/chexor.h"
#include "broker/lock_retry.h"
#include "broker/parking_vfs.h"
#include "broker/sqlite_error.h"
#include "broker/sqlite_setup.h"
#include "common/check.h"

namespace dbrepl {

namespace {

using Mode = ConnectionOptions::Mode;

std::string_view PragmasFor(Mode mode) {
  switch (mode) {
    case Mode::kReadWrite:
      return "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
             "PRAGMA journal_mode = DELETE";
    case Mode::kReadOnly:
    case Mode::kUntrusted: return "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON";
    case Mode::kCreation:
      return "PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
             "PRAGMA journal_mode = MEMORY";
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(std::string path,
                                                     const ConnectionOptions& options) {
  std::unique_ptr<Connection> connection(new Connection(std::move(path), options.lock_timeout));
  TRY(connection->OpenFile(options.mode));
  TRY(connection->Configure(options.mode));
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, cached] : cache_) {
    CHECK(!cached.in_use);
    sqlite3_finalize(cached.handle);
  }
  sqlite3_close_v2(db_);
}

Result<> Connection::OpenFile(Mode mode) {
  SetUpSqlite();
  const bool read_only = mode == Mode::kReadOnly || mode == Mode::kUntrusted;
  const int access = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const char* vfs = mode == Mode::kReadWrite ? ParkingVfsName() : nullptr;
  const int code = sqlite3_open_v2(path_.c_str(), &db_,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  if (code != SQLITE_OK) return Fail(SqliteError(db_, code, path_));
  return {};
}

Result<> Connection::Configure(Mode mode) {
  // A database may come from a peer: its schema may call nothing but harmless functions.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  TRY(RegisterChexor(db_));
  UseTriggers(false);
  if (mode == Mode::kUntrusted) TRY(ReadUntrustedSchema());
  return Execute(PragmasFor(mode));
}

Result<> Connection::ReadUntrustedSchema() {
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024);
  sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, 16 * 1024);
  sqlite3_limit(db_, SQLITE_LIMIT_COLUMN, 100);
  // Some ten operations for each entry of the schema, which is read whole by the first statement.
  constexpr int kMaxOperations = 10'000;
  sqlite3_progress_handler(
      db_, kMaxOperations, [](void*) { return 1; }, nullptr);
  Result<> read = Execute("SELECT 1 FROM sqlite_schema LIMIT 1");
  sqlite3_progress_handler(db_, 0, nullptr, nullptr);
  return read;
}

Result<sqlite3_stmt*> Connection::NewHandle(std::string_view sql, unsigned flags,
                                            std::string_view* rest) {
  LockRetry retry(lock_timeout_);
  while (true) {
    sqlite3_stmt* handle = nullptr;
    const char* tail = nullptr;
    // Preparing reads the schema, so it meets the same locks as stepping.
    const int code =
        sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), flags, &handle, &tail);
    if (code == SQLITE_OK) {
      *rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
      return handle;
    }
    Error error = LastError(code);
    if (!IsLockedCode(code) || !retry.Wait()) return Fail(std::move(error));
  }
}

Result<Statement> Connection::Prepare(std::string_view sql) {
  const auto found = cache_.find(sql);
  if (found != cache_.end() && !found->second.in_use) {
    found->second.in_use = true;
    return Statement(*this, found->second.handle, &found->second.in_use);
  }
  const bool keep = found == cache_.end();
  std::string_view rest;
  TRY_ASSIGN(sqlite3_stmt * handle, NewHandle(sql, keep ? SQLITE_PREPARE_PERSISTENT : 0, &rest));
  CHECK(handle != nullptr);
  if (!keep) return Statement(*this, handle, nullptr);
  Cached& cached = cache_.emplace(sql, Cached{handle, true}).first->second;
  return Statement(*this, handle, &cached.in_use);
}

Result<> Connection::Execute(std::string_view script) {
  while (!script.empty()) {
    std::string_view rest;
    TRY_ASSIGN(sqlite3_stmt * handle, NewHandle(script, 0, &rest));
    script = rest;
    if (handle == nullptr) continue;  // blanks or a comment
    TRY(Statement(*this, handle, nullptr).Run());
  }
  return {};
}

Result<bool> Connection::HoldReads() {
  if (InTransaction()) return false;
  TRY_ASSIGN(Statement begin, Prepare("BEGIN"));
  TRY(begin.Run());
  holds_reads_ = true;
  ForgetSchemaLook();
  return true;
}

void Connection::EndHeldReads() {
  if (!holds_reads_) return;
  holds_reads_ = false;
  if (!InTransaction()) return;
  CHECK(sqlite3_txn_state(db_, nullptr) != SQLITE_TXN_WRITE);  // a write begins its own transaction
  // Nothing was written; should it fail, closing the connection ends the transaction.
  auto rollback = Prepare("ROLLBACK");
  if (rollback) static_cast<void>(rollback->Run());
}

Result<> Connection::LookAtSchema() {
  if (schema_is_current_ && InTransaction()) return {};
  TRY_ASSIGN(Statement query, Prepare("SELECT 1 FROM sqlite_master LIMIT 1"));
  TRY(query.Run());
  schema_is_current_ = InTransaction();
  return {};
}

Result<bool> Connection::SchemaHas(const char* table, const char* column) {
  LockRetry retry(lock_timeout_);
  while (true) {
    const int code = sqlite3_table_column_metadata(db_, nullptr, table, column, nullptr, nullptr,
                                                   nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return true;
    if ((code & 0xFF) == SQLITE_ERROR) return false;
    Error error = LastError(code);
    if (!IsLockedCode(code) || !retry.Wait()) return Fail(std::move(error));
  }
}

Result<bool> Connection::HasTable(const char* table) { return SchemaHas(table, nullptr); }

Result<bool> Connection::HasColumn(const char* table, const char* column) {
  return SchemaHas(table, column);
}

Result<bool> Connection::HasIndex(std::string_view index) {
  TRY_ASSIGN(Statement query,
             Prepare("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?"));
  query.Bind(1, index);
  return query.Step();
}

void Connection::UseTriggers(bool on) {
  if (on == triggers_on_) return;
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_TRIGGER, on ? 1 : 0, nullptr);
  triggers_on_ = on;
}

std::int64_t Connection::Changes() const { return sqlite3_changes64(db_); }
std::int64_t Connection::LastInsertRowId() const { return sqlite3_last_insert_rowid(db_); }
bool Connection::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

Error Connection::LastError(int code) const {
  Error error = SqliteError(db_, code, path_);
  // Waiting too long and refused values say nothing about the connection.
  if (error.code != Errc::kBusy && error.code != Errc::kBadInput) damaged_ = true;
  return error;
}

bool Connection::Park() {
  const bool in_use = std::any_of(cache_.begin(), cache_.end(),
                                  [](const auto& entry) { return entry.second.in_use; });
  return !in_use && !damaged_ && !InTransaction() && ParkFile(db_);
}

bool Connection::Unpark() { return UnparkFile(db_); }

}  // namespace dbrepl
