// Makes several reads of one database cost one lock and see one moment: while it lives, what the
// broker reads belongs to a single transaction. Other processes' commits wait meanwhile, so it ends
// before anything slow, a call to a peer above all. A write of the same broker ends it early and
// sees what is there by then.
#pragma once

#include "broker/database_broker.h"

namespace dbrepl {

class ReadHold {
 public:
  // Never fails: when the database cannot be opened the reads themselves say so. Within another
  // hold or transaction it holds nothing. The broker outlives it.
  explicit ReadHold(DatabaseBroker& broker);
  ~ReadHold();
  ReadHold(const ReadHold&) = delete;
  ReadHold& operator=(const ReadHold&) = delete;

 private:
  DatabaseBroker& broker_;
  const bool holds_;
};

}  // namespace dbrepl
