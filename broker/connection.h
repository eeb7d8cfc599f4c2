// One SQLite connection to one database file, set up as Swift's (swift-reference.md section 3.1):
// journal mode DELETE, synchronous NORMAL, no waiting inside SQLite but retries of our own, the
// function chexor registered, recursive triggers off.
//
// Triggers do not fire on our connections unless UseTriggers(true): what they would do is folded in
// memory and written once per transaction by the brokers. Used by one thread at a time; may move
// between threads. Statements lent out must be gone before the connection goes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/file_slot.h"
#include "broker/statement.h"
#include "common/result.h"

struct sqlite3;

namespace dbrepl {

struct ConnectionOptions {
  enum class Mode {
    kReadWrite,  // the file must exist
    kReadOnly,   // never writes, never rolls back, never changes the journal mode
    kCreation,   // the file must exist and is new: nothing is synced, nobody else looks at it yet
    // As kReadOnly, for a file of strangers: a schema of more than some hundred entries, a
    // statement in it above 16 KiB, a table of more than 100 columns or a value above 4 MiB ends in
    // an error before it takes memory.
    kUntrusted,
  };
  Mode mode = Mode::kReadWrite;
  // How long a statement is tried again while other processes hold the database.
  std::chrono::milliseconds lock_timeout{25'000};
};

class Connection {
 public:
  // Never creates a file: a missing one is kNotFound. Not a database or damaged beyond reading its
  // schema: kCorrupt. Held by another process for too long: kBusy. A database in WAL mode is
  // converted back.
  static Result<std::unique_ptr<Connection>> Open(std::string path,
                                                  const ConnectionOptions& options = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement, ready to bind. Prepared once per text and kept; the same text asked for while
  // in use gets a statement of its own. Errors name the path and SQLite's words.
  Result<Statement> Prepare(std::string_view sql);

  // Statements without results or parameters, separated by ';', one after the other, uncached. Not
  // one transaction.
  Result<> Execute(std::string_view script);

  // Does this table (not view) exist, and has it this column? Looks at the schema in memory, which
  // is that of the last statement run: exact inside a transaction once a statement has run in it.
  Result<bool> HasTable(const char* table);
  Result<bool> HasColumn(const char* table, const char* column);
  // By a query, so always exact.
  Result<bool> HasIndex(std::string_view index);

  // Lets triggers fire (or not) from now on. Changing costs a new preparation of every statement.
  void UseTriggers(bool on);

  // Rows changed by the last INSERT, UPDATE or DELETE, without those of triggers.
  std::int64_t Changes() const;
  std::int64_t LastInsertRowId() const;
  // True between a transaction's begin and its end.
  bool InTransaction() const;
  // True while this connection has the writer's lock.
  bool InWriteTransaction() const;

  // Begins a transaction that the reads to come are part of, until EndHeldReads or the first write
  // transaction. False, and nothing is changed, when a transaction is under way. For ReadHold.
  Result<bool> HoldReads();
  void EndHeldReads();
  bool holds_reads() const { return holds_reads_; }

  // Lets SQLite notice a schema that another process changed: it only looks when a statement runs.
  // Within a transaction once is enough.
  Result<> LookAtSchema();
  void ForgetSchemaLook() { schema_is_current_ = false; }

  // Closes the file and keeps what was parsed and prepared (see parking_vfs.h). False, and nothing
  // is changed, when that is not possible: something is still going on, something went wrong
  // before, or the file is not the same any more. Only Unpark and destruction may follow.
  bool Park();
  // Opens the file again; false when it is gone or replaced: only destruction may follow then.
  bool Unpark();

  // Closes the file for good and keeps what was parsed and prepared, for another database of the
  // same schema. False, and nothing is changed, when that is not possible, as for Park. Only MoveTo
  // and destruction may follow.
  bool Leave();
  // Goes on with the database at this path, if its schema is the same to the letter; reads are held
  // then (HoldReads), so that what is read next is of the moment in which that was found. False: it
  // is not, or the file cannot be opened, or has a write-ahead log; the file is left again. An
  // error: only destruction may follow.
  Result<bool> MoveTo(const std::string& path);

  const std::string& path() const { return path_; }
  std::chrono::milliseconds lock_timeout() const { return lock_timeout_; }
  void set_lock_timeout(std::chrono::milliseconds timeout) { lock_timeout_ = timeout; }

  // What went wrong last, seen from this database: "path: SQLite's words".
  Error LastError(int code) const;

 private:
  struct Cached {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Connection(std::string path, std::chrono::milliseconds lock_timeout)
      : path_(std::move(path)), lock_timeout_(lock_timeout) {}
  Result<> OpenFile(ConnectionOptions::Mode mode);
  Result<> Configure(ConnectionOptions::Mode mode);
  // Reads the schema within bounds.
  Result<> ReadUntrustedSchema();
  // A new handle for the first statement of `sql`; `rest` is what follows it. Null for blank text.
  Result<sqlite3_stmt*> NewHandle(std::string_view sql, unsigned flags, std::string_view* rest);
  Result<bool> SchemaHas(const char* table, const char* column);
  // Everything that SQLite's view of the schema follows from, read in one transaction.
  Result<std::string> ReadSchema();
  Result<std::string> ReadSchemaWithin();
  bool IsIdle() const;

  std::string path_;
  std::chrono::milliseconds lock_timeout_;
  std::unique_ptr<FileSlot> slot_;  // for writing only
  sqlite3* db_ = nullptr;
  // ReadSchema of the first database. While the schema's cookie is the one in it, what SQLite has
  // parsed is this schema: SQLite parses again when it meets another cookie. Empty: not yet read.
  std::string schema_;
  bool triggers_on_ = true;
  bool holds_reads_ = false;
  bool schema_is_current_ = false;  // as long as the transaction lasts
  mutable bool damaged_ = false;    // an error was seen after which this connection is not kept
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> cache_;
};

}  // namespace dbrepl
