#include "broker/statement.h"

#include <string>
#include <utility>

#include <sqlite3.h>

#include "broker/connection.h"
#include "broker/lock_retry.h"
#include "broker/sqlite_error.h"
#include "common/check.h"
#include "common/strings.h"
#include "common/utf8.h"

namespace dbrepl {

Statement::Statement(Connection& connection, sqlite3_stmt* handle, bool* in_use)
    : connection_(&connection), handle_(handle), in_use_(in_use) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      handle_(std::exchange(other.handle_, nullptr)),
      in_use_(other.in_use_),
      running_(other.running_) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  if (in_use_ == nullptr) {
    sqlite3_finalize(handle_);
    return;
  }
  Reset();
  sqlite3_clear_bindings(handle_);  // they point at text that may be gone by the next use
  *in_use_ = false;
}

void Statement::Bind(int parameter, std::int64_t value) {
  CHECK(sqlite3_bind_int64(handle_, parameter, value) == SQLITE_OK);
}

void Statement::Bind(int parameter, double value) {
  CHECK(sqlite3_bind_double(handle_, parameter, value) == SQLITE_OK);
}

void Statement::Bind(int parameter, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* bytes = text.empty() ? "" : text.data();
  const int code =
      sqlite3_bind_text64(handle_, parameter, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  CHECK(code == SQLITE_OK || code == SQLITE_TOOBIG);
  too_big_ = too_big_ || code == SQLITE_TOOBIG;
}

void Statement::Bind(int parameter, std::nullptr_t) {
  CHECK(sqlite3_bind_null(handle_, parameter) == SQLITE_OK);
}

void Statement::Bind(int parameter, const SqlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    Bind(parameter, std::string_view(*text));
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    Bind(parameter, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    Bind(parameter, *real);
  } else {
    Bind(parameter, nullptr);
  }
}

Result<bool> Statement::Step() {
  if (too_big_) return Fail(connection_->LastError(SQLITE_TOOBIG));
  LockRetry retry(connection_->lock_timeout());
  while (true) {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
      running_ = true;
      return code == SQLITE_ROW;
    }
    // A row may have been seen already when running: only the caller can start over then.
    const bool again = IsLockedCode(code) && !running_;
    Error error = connection_->LastError(code);
    sqlite3_reset(handle_);
    running_ = false;
    if (!again || !retry.Wait()) return Fail(std::move(error));
  }
}

Result<> Statement::Run() {
  while (true) {
    TRY_ASSIGN(const bool row, Step());
    if (!row) break;
  }
  Reset();
  return {};
}

void Statement::Reset() {
  sqlite3_reset(handle_);
  running_ = false;
}

int Statement::ColumnCount() const { return sqlite3_column_count(handle_); }

std::string_view Statement::ColumnName(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

Statement::Type Statement::ColumnType(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER: return Type::kInteger;
    case SQLITE_FLOAT: return Type::kReal;
    case SQLITE_TEXT: return Type::kText;
    case SQLITE_BLOB: return Type::kBlob;
    default: return Type::kNull;
  }
}

std::int64_t Statement::Int64(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::Double(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::Text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

SqlValue Statement::Value(int column) const {
  switch (ColumnType(column)) {
    case Type::kNull: return {};
    case Type::kInteger: return Int64(column);
    case Type::kReal: return Double(column);
    case Type::kText:
    case Type::kBlob: return std::string(Text(column));
  }
  return {};
}

Error Statement::WrongType(int column, std::string_view wanted) const {
  return Error{Errc::kBadInput,
               StrCat(connection_->path(), ": column ", ColumnName(column), ": not ", wanted,
                      ": \"", Printable(Text(column).substr(0, 200)), "\""),
               {}};
}

Result<std::int64_t> Statement::CheckedInt64(int column) const {
  const Type type = ColumnType(column);
  if (type != Type::kNull && type != Type::kInteger) return Fail(WrongType(column, "an integer"));
  return Int64(column);
}

Result<std::string> Statement::CheckedUtf8(int column) const {
  const std::string_view text = Text(column);
  if (ColumnType(column) == Type::kBlob || !IsValidUtf8(text)) {
    return Fail(WrongType(column, "UTF-8 text"));
  }
  return std::string(text);
}

}  // namespace dbrepl
