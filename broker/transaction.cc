#include "broker/transaction.h"

#include <string_view>

#include "common/strings.h"

namespace dbrepl {

namespace {

Result<> RunCached(Connection& connection, std::string_view sql) {
  TRY_ASSIGN(Statement statement, connection.Prepare(sql));
  return statement.Run();
}

}  // namespace

Result<Transaction> Transaction::Begin(Connection& connection, Kind kind) {
  if (connection.holds_reads()) {
    if (kind == Kind::kRead) return Transaction(nullptr);
    connection.EndHeldReads();
  }
  if (connection.InWriteTransaction()) return Transaction(nullptr);
  TRY(RunCached(connection, kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  connection.ForgetSchemaLook();
  return Transaction(&connection);
}

Transaction::~Transaction() {
  // SQLite may have rolled back by itself already (full disk, I/O error). Nothing can be done about
  // an error here: closing the connection will undo the rest.
  if (connection_ != nullptr && connection_->InTransaction()) {
    static_cast<void>(RunCached(*connection_, "ROLLBACK"));
  }
}

Result<> Transaction::Commit() {
  if (connection_ == nullptr) return {};
  TRY(RunCached(*connection_, "COMMIT"));
  connection_ = nullptr;
  return {};
}

Result<Savepoint> Savepoint::Begin(Connection& connection, std::string name) {
  TRY(RunCached(connection, StrCat("SAVEPOINT ", name)));
  return Savepoint(connection, std::move(name));
}

Savepoint::~Savepoint() {
  if (connection_ == nullptr || !connection_->InTransaction()) return;
  static_cast<void>(RunCached(*connection_, StrCat("ROLLBACK TO ", name_)));
  static_cast<void>(RunCached(*connection_, StrCat("RELEASE ", name_)));
}

Result<> Savepoint::Release() {
  TRY(RunCached(*connection_, StrCat("RELEASE ", name_)));
  connection_ = nullptr;
  return {};
}

}  // namespace dbrepl
