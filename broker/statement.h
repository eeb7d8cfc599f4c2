// A prepared statement in use: bind, step, read columns. Lent by Connection::Prepare; the
// destructor resets it and gives it back to the connection's cache.
//
// Used by one thread at a time, and not longer than its connection lives. Any call that touches the
// database may fail with kBusy (locked by another process for longer than the connection's lock
// timeout) or with what SqliteError says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/sql_value.h"
#include "common/result.h"

struct sqlite3_stmt;

namespace dbrepl {

class Connection;

class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters count from 1. Text is not copied: its bytes must stay until the next Reset, Run or
  // destruction. NUL bytes are kept. Text longer than SQLite's limit (1 GB) makes the next Step
  // fail with kBadInput. A parameter that the statement does not have is our mistake (CHECKed).
  void Bind(int parameter, std::int64_t value);
  void Bind(int parameter, int value) { Bind(parameter, std::int64_t{value}); }
  void Bind(int parameter, double value);
  void Bind(int parameter, std::string_view text);
  void Bind(int parameter, const char* text) { Bind(parameter, std::string_view(text)); }
  void Bind(int parameter, const std::string& text) { Bind(parameter, std::string_view(text)); }
  void Bind(int parameter, std::nullptr_t);
  void Bind(int parameter, const SqlValue& value);

  // Parameters 1, 2, 3 ... at once.
  template <class... Values>
  void BindAll(const Values&... values) {
    int parameter = 0;
    (Bind(++parameter, values), ...);
  }

  // True when a row is there to be read, false at the end.
  Result<bool> Step();
  // Steps to the end and resets, keeping the bindings; for statements whose rows nobody wants.
  Result<> Run();
  void Reset();

  // Columns count from 0 and are valid until the next Step, Reset or Run.
  enum class Type { kNull, kInteger, kReal, kText, kBlob };
  int ColumnCount() const;
  std::string_view ColumnName(int column) const;
  Type ColumnType(int column) const;
  bool IsNull(int column) const { return ColumnType(column) == Type::kNull; }
  // With SQLite's conversions: text that is no number is 0, NULL is 0 or "".
  std::int64_t Int64(int column) const;
  double Double(int column) const;
  std::string_view Text(int column) const;
  // Blobs become text.
  SqlValue Value(int column) const;
  // The same for columns that peers and people are told: what is of the wrong type is an error
  // (kBadInput, naming database and column), not a silent 0. NULL is 0 and "".
  Result<std::int64_t> CheckedInt64(int column) const;
  Result<std::string> CheckedUtf8(int column) const;

 private:
  friend class Connection;
  Error WrongType(int column, std::string_view wanted) const;
  // `in_use` is the cache entry's mark; null when the statement is to be finalized instead.
  Statement(Connection& connection, sqlite3_stmt* handle, bool* in_use);

  Connection* connection_;
  sqlite3_stmt* handle_;
  bool* in_use_;
  bool running_ = false;  // a step was made since the last reset
  bool too_big_ = false;  // a text beyond SQLite's limit was bound: no step will succeed
};

}  // namespace dbrepl
