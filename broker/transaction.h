// Transactions and savepoints that end with their scope: without Commit() or Release() the
// destructor undoes everything. One thread at a time; the connection must outlive them.
#pragma once

#include <string>
#include <utility>

#include "broker/connection.h"
#include "common/result.h"

namespace dbrepl {

class Transaction {
 public:
  enum class Kind {
    kWrite,  // BEGIN IMMEDIATE: the writer's lock is had or kBusy comes back, and what was read
             // stays true
    kRead,   // BEGIN: everything read is of one moment; writing may meet kBusy
  };
  // While reads are held (ReadHold), a read is part of the hold, and a write ends it first. Within
  // a transaction of kWrite it is part of that one, which alone makes it last or undoes it.
  static Result<Transaction> Begin(Connection& connection, Kind kind = Kind::kWrite);

  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Makes it last. Readers of other processes are waited for up to the connection's lock timeout;
  // after kBusy the transaction is undone by the destructor. Call once.
  Result<> Commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;  // null when over, or part of a hold or another transaction
};

// A part of a transaction that may be undone alone.
class Savepoint {
 public:
  // Names nest; only letters.
  static Result<Savepoint> Begin(Connection& connection, std::string name);

  Savepoint(Savepoint&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)), name_(std::move(other.name_)) {}
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint();

  // Keeps what was done since Begin as part of the transaction around it. Call once.
  Result<> Release();

 private:
  Savepoint(Connection& connection, std::string name)
      : connection_(&connection), name_(std::move(name)) {}
  Connection* connection_;  // null when over
  std::string name_;
};

}  // namespace dbrepl
