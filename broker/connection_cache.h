// Connections kept for the next visit to the same databases, so that schemas need not be parsed
// and statements not be prepared again: a visit then costs a tenth. What is kept has its file
// closed (parking_vfs.h): it holds memory, some 100 KB each, but no descriptor, no lock and no
// disk.
//
// Thread-safe. Must outlive the brokers that use it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "broker/connection.h"
#include "common/mutex.h"

namespace dbrepl {

class ConnectionCache {
 public:
  // At most this many are kept; the one given back longest ago goes first.
  explicit ConnectionCache(std::size_t capacity) : capacity_(capacity) {}

  // A connection to exactly the file that is at this path now, ready for use; null when none is
  // kept. One whose file was removed or replaced is dropped.
  std::unique_ptr<Connection> Take(const std::string& path);

  // Keeps it, or closes it when it cannot be parked or something was wrong with it. No statement or
  // transaction of it may be left.
  void Give(std::unique_ptr<Connection> connection);

  std::size_t size() const;

 private:
  using Kept = std::list<std::unique_ptr<Connection>>;

  const std::size_t capacity_;
  mutable Mutex mutex_;
  Kept kept_ GUARDED_BY(mutex_);  // the last one given back first
};

}  // namespace dbrepl
