#include "daemons/replicator_engine.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

namespace dbrepl {
namespace {

ReplicateClientOptions ClientOptions(const ReplicatorConf& conf) {
  const PassOptions& pass = conf.pass;
  ReplicateClientOptions options;
  // A peer that is back is asked in the next pass at the latest, as by Swift.
  const auto interval =
      std::chrono::milliseconds(static_cast<std::int64_t>(conf.interval_seconds * 1000));
  options.backoff.max_delay =
      std::clamp(interval / 2, options.backoff.first_delay, options.backoff.max_delay);
  // Each worker keeps a connection to each of its peers.
  options.max_idle_per_peer = std::max(options.max_idle_per_peer, pass.concurrency);
  options.max_idle = std::max(options.max_idle, 4 * pass.concurrency);
  return options;
}

}  // namespace

ReplicatorEngine::ReplicatorEngine(ReplicatorSetup setup, EventLoop& loop, RunControl& control,
                                   LifeSigns& signs)
    : setup_(std::move(setup)),
      loop_(loop),
      control_(control),
      signs_(signs),
      statsd_(setup_.statsd, setup_.logger),
      progress_(*setup_.conf.pass.clock),
      client_(std::make_unique<ReplicateClient>(loop, ClientOptions(setup_.conf),
                                                *setup_.conf.pass.clock, *setup_.conf.pass.random)),
      rsync_(setup_.conf.pass, control.abandon_token()),
      files_(rsync_, signs) {
  setup_.conf.pass.statsd = &statsd_;
}

ReplicatorEngine::~ReplicatorEngine() {
  static_cast<void>(loop_.PostAndWait([this] { client_.reset(); }));
}

void ReplicatorEngine::RunOnePass() {
  const AskPeer ask = [this](const Device& node, const HttpRequest& request,
                             std::chrono::milliseconds timeout) {
    return Ask(node, request, timeout);
  };
  try {
    RunPass({setup_.conf.pass, *setup_.ring, ask, files_, progress_}, control_.stop_token());
  } catch (const std::exception& error) {
    setup_.logger.Error("ERROR trying to replicate: ", error.what());
  }
  signs_.Note();
}

Result<HttpResponse> ReplicatorEngine::Ask(const Device& node, const HttpRequest& request,
                                           std::chrono::milliseconds timeout) {
  const LifeSigns::Work work(signs_);
  CallOptions options;
  options.conn_timeout = setup_.conf.pass.conn_timeout;
  options.node_timeout = timeout;
  options.stop = control_.abandon_token();
  const PeerAddress peer{node.replication_ip, static_cast<std::uint16_t>(node.replication_port)};
  return client_->Call(peer, request, options);
}

}  // namespace dbrepl
