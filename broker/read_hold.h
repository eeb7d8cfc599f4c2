// Makes several reads of one database cost one lock and see one moment: while it lives, what the
// broker reads belongs to a single transaction. Other processes' commits wait meanwhile, so it ends
// before anything slow, a call to a peer above all. A write of the same broker ends it early and
// sees what is there by then.
#pragma once

#include "broker/database_broker.h"

namespace dbrepl {

class ReadHold {
 public:
  // Opens the database if it is not open yet. Within another hold or transaction it holds nothing.
  // The broker outlives it.
  explicit ReadHold(DatabaseBroker& broker);
  ~ReadHold();
  ReadHold(const ReadHold&) = delete;
  ReadHold& operator=(const ReadHold&) = delete;

  // Why the database could not be opened; nothing is held then, and reads meet the same.
  const Result<>& opened() const { return opened_; }

 private:
  DatabaseBroker& broker_;
  Result<> opened_;
  bool holds_ = false;
};

}  // namespace dbrepl
