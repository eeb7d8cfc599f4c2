// Connections that nobody uses, for databases that have the same schema as the ones they were used
// for before: nearly all databases of a kind have. Opening one then costs neither parsing its
// schema nor preparing statements, most of what a visit costs. A spare has no file open, holds no
// lock and some 100 KB.
//
// Thread-safe. Must outlive the brokers that use it.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "broker/connection.h"
#include "common/mutex.h"

namespace dbrepl {

class SpareConnections {
 public:
  // At most this many are kept.
  explicit SpareConnections(std::size_t capacity) : capacity_(capacity) {}

  // A connection to the database at this path, with reads held (Connection::HoldReads); null: no
  // spare fits, open one, which also tells what is wrong with the file. Another process holds the
  // database for all of lock_timeout: kBusy.
  Result<std::unique_ptr<Connection>> Take(const std::string& path,
                                           std::chrono::milliseconds lock_timeout);

  // Keeps it, or closes it when something was wrong with it. No statement or transaction of it may
  // be left. Null is fine.
  void Give(std::unique_ptr<Connection> connection);

  std::size_t size() const;

 private:
  std::unique_ptr<Connection> TakeFirst();
  void Keep(std::unique_ptr<Connection> spare, bool as_first);

  const std::size_t capacity_;
  mutable Mutex mutex_;
  std::list<std::unique_ptr<Connection>> spares_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
