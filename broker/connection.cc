#include "broker/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <sqlite3.h>

#include "broker/chexor.h"
#include "broker/lock_retry.h"
#include "broker/parking_vfs.h"
#include "broker/sqlite_error.h"
#include "broker/sqlite_setup.h"
#include "common/check.h"
#include "common/strings.h"

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

// What of the header SQLite keeps in memory together with the schema.
constexpr std::array<std::size_t, 3> kSchemaPlaces = {kSqliteSchemaCookie, kSqliteSchemaFormat,
                                                      kSqliteTextEncoding};
constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kSchemaMarkBytes = kSchemaPlaces.size() * kNumberBytes;

std::string SchemaMark(const SqliteHeader& header) {
  std::string mark;
  for (const std::size_t place : kSchemaPlaces) mark.append(header.data() + place, kNumberBytes);
  return mark;
}

bool HasRollbackJournal(const SqliteHeader& header) {
  return header[kSqliteWriteVersion] == kSqliteRollbackJournal &&
         header[kSqliteReadVersion] == kSqliteRollbackJournal;
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
  if (mode == Mode::kReadWrite) slot_ = std::make_unique<FileSlot>(path_);
  const char* vfs = slot_ ? ParkingVfsName() : nullptr;
  const int code = sqlite3_open_v2(slot_ ? slot_->name().c_str() : path_.c_str(), &db_,
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
  CHECK(!InWriteTransaction());  // a write begins its own transaction
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
bool Connection::InWriteTransaction() const {
  return sqlite3_txn_state(db_, nullptr) == SQLITE_TXN_WRITE;
}

Error Connection::LastError(int code) const {
  Error error = SqliteError(db_, code, path_);
  // Waiting too long and refused values say nothing about the connection.
  if (error.code != Errc::kBusy && error.code != Errc::kBadInput) damaged_ = true;
  return error;
}

bool Connection::IsIdle() const {
  const bool in_use = std::any_of(cache_.begin(), cache_.end(),
                                  [](const auto& entry) { return entry.second.in_use; });
  return !in_use && !damaged_ && !InTransaction();
}

bool Connection::Park() { return IsIdle() && ParkFile(db_); }

bool Connection::Unpark() { return UnparkFile(db_); }

// ---- Going on with another database

Result<std::string> Connection::ReadSchemaWithin() {
  std::string schema;
  schema.reserve(schema_.size());
  schema.resize(kSchemaMarkBytes);  // filled in at the end
  // What SQLite itself makes its schema of: type and table stand in the SQL, or in the name of an
  // index without any.
  TRY_ASSIGN(Statement query, Prepare("SELECT name, rootpage, sql FROM sqlite_master"));
  constexpr int kColumns = 3;
  while (true) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) break;
    for (int column = 0; column < kColumns; ++column) {
      // Types and sizes too, so that no two schemas look alike.
      const std::string_view text = query.Text(column);
      const std::array<std::size_t, 2> prefix = {static_cast<std::size_t>(query.ColumnType(column)),
                                                 text.size()};
      schema.append(reinterpret_cast<const char*>(prefix.data()), sizeof(prefix));
      schema += text;
    }
  }
  // After a statement of this transaction: now SQLite has parsed the schema of this very cookie.
  const auto header = ReadHeader(db_);
  if (!header) return Fail(Errc::kIo, StrCat(path_, ": the header cannot be read"));
  schema.replace(0, kSchemaMarkBytes, SchemaMark(*header));
  return schema;
}

Result<std::string> Connection::ReadSchema() {
  TRY(HoldReads());
  auto schema = ReadSchemaWithin();
  EndHeldReads();
  return schema;
}

bool Connection::Leave() {
  if (slot_ == nullptr || !IsIdle()) return false;
  if (schema_.empty()) {
    auto schema = ReadSchema();
    if (!schema || !IsIdle()) return false;
    schema_ = *std::move(schema);
  }
  return LeaveFile(db_);
}

Result<bool> Connection::MoveTo(const std::string& path) {
  path_ = path;
  if (!MoveToFile(db_, path)) return false;
  const auto header = ReadHeader(db_);
  if (!header || !HasRollbackJournal(*header) || !schema_.starts_with(SchemaMark(*header))) {
    if (LeaveFile(db_)) return false;
    return Fail(Errc::kIo, StrCat(path_, ": cannot be closed"));
  }
  TRY(HoldReads());
  TRY_ASSIGN(const std::string schema, ReadSchemaWithin());
  // SQLite may have parsed this other schema by now.
  if (schema != schema_) return Fail(Errc::kIo, StrCat(path_, ": another schema"));
  schema_is_current_ = true;
  return true;
}

}  // namespace dbrepl
