// Everything that passes of one configuration work with, put together: metrics, ring, calls to
// peers, rsync. A new configuration gets a new engine.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "common/statsd.h"
#include "daemons/life_signs.h"
#include "daemons/replicator_setup.h"
#include "daemons/run_control.h"
#include "replicator/pass.h"
#include "replicator/pass_progress.h"
#include "replicator/rsync.h"
#include "rpc/event_loop.h"
#include "rpc/replicate_client.h"

namespace dbrepl {

// One thread at a time, but for the methods that say otherwise. Destroy it while the loop runs and
// no pass does.
class ReplicatorEngine {
 public:
  // All of them outlive it.
  ReplicatorEngine(ReplicatorSetup setup, EventLoop& loop, RunControl& control, LifeSigns& signs);
  ~ReplicatorEngine();
  ReplicatorEngine(const ReplicatorEngine&) = delete;
  ReplicatorEngine& operator=(const ReplicatorEngine&) = delete;

  // Blocks; see RunPass. Whatever is thrown is logged, and the pass is over.
  void RunOnePass();

  const ReplicatorConf& conf() const { return setup_.conf; }
  const Logger& logger() const { return setup_.logger; }
  // Any thread.
  std::string DescribeProgress() const { return progress_.Describe(); }
  std::uint64_t databases_attempted() const {
    return static_cast<std::uint64_t>(progress_.stats().attempted);
  }

 private:
  Result<HttpResponse> Ask(const Device& node, const HttpRequest& request,
                           std::chrono::milliseconds timeout);

  ReplicatorSetup setup_;
  EventLoop& loop_;
  RunControl& control_;
  LifeSigns& signs_;
  StatsdClient statsd_;
  PassProgress progress_;
  std::unique_ptr<ReplicateClient> client_;
  RsyncSender rsync_;
  WatchedFileSender files_;
};

}  // namespace dbrepl
