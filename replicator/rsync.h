// Whole database files to peers by rsync, with the command line of Swift's replicators
// (swift-reference.md section 5.5), and one option more for the second run, --ignore-times. Without
// it rsync takes a file that landed within the same second as the last write, and has the same
// size, for equal: the run that should mend what a writer tore would do nothing.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "common/deadline.h"
#include "common/mutex.h"
#include "common/result.h"
#include "replicator/file_sender.h"
#include "replicator/pass_options.h"
#include "ring/device.h"

namespace dbrepl {

// What one run of rsync is told.
struct RsyncJob {
  std::string source;       // the local file
  std::string destination;  // "<module>/<device>/tmp/<name>"
  std::chrono::milliseconds node_timeout{};
  std::chrono::milliseconds conn_timeout{};
  bool whole_file = false;  // false: blocks that the file over there has are not sent again
  bool compress = false;
  std::string peer = {};  // as the log names it
};
// Timeouts in whole seconds, rounded up, as Swift does it.
std::vector<std::string> RsyncArguments(const RsyncJob& job);

// The sender for peers that are not ours. rsync is found by PATH.
class RsyncSender final : public FileSender {
 public:
  // The options outlive it; of them rsync_module (empty: "{replication_ip}::container" or
  // "::account"), rsync_compress, node_timeout, conn_timeout, clock and logger are used. Sending
  // ends early once `stop` is requested.
  RsyncSender(const PassOptions& options, std::stop_token stop);

  // FileSender's errors, and: kNotFound, the database's file is gone; kBadInput, an id that names
  // no file; kNoSpace, the peer's device is full; kIo, there is no rsync (said in the log once a
  // minute). What rsync refuses is in the log in Swift's words and its own.
  //
  // Writers are not held off during the first run. When a journal is there or the file changed
  // meanwhile, a second run sends the differences with the writer's lock held.
  Result<> Send(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                bool is_other_region) override;

 private:
  Result<> SendQuietly(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                       bool is_other_region);
  Result<> Run(const RsyncJob& job);
  void Complain(const Error& error);

  const PassOptions& options_;
  const std::string module_;
  const std::stop_token stop_;
  Mutex mutex_;
  Deadline complain_after_ GUARDED_BY(mutex_);  // of a missing rsync
};

}  // namespace dbrepl
