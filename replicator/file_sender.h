// Brings a whole database file into a peer's <device>/tmp. A seam: rsync in production
// (rsync.h), a copy in simulations.
#pragma once

#include <string>

#include "broker/database_broker.h"
#include "common/result.h"
#include "ring/device.h"

namespace dbrepl {

class FileSender {
 public:
  virtual ~FileSender() = default;
  // The landed file is <node's device>/tmp/<local_id>, and its content is one state of the
  // database: a writer that came in between is waited out, and held off for the second try only.
  // kUnreachable: the peer did not take it (the message has the sender's own words); kTimeout;
  // kCancelled: a stop was requested; kNotFound: the file is gone; kIo: nothing can be sent from
  // here. All but kCancelled are in the log when it returns. Thread-safe; `broker` is used by the
  // caller's thread only.
  virtual Result<> Send(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                        bool is_other_region) = 0;
};

}  // namespace dbrepl
