#include "daemons/replication_worker.h"

#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include "common/strings.h"
#include "common/worker_pool.h"
#include "daemons/daemon_process.h"
#include "daemons/replication_handler.h"
#include "daemons/version.h"
#include "rpc/http_server.h"
#include "rpc/timer.h"

namespace dbrepl {
namespace {

constexpr std::chrono::seconds kStopBound{3};

std::string RingPath(const ReplicationServerConf& conf, std::string_view name) {
  return StrCat(conf.swift_dir(), "/", name, ".ring.gz");
}

Recon MakeRecon(const ReplicationServerConf& conf, const SwiftConf& swift_conf,
                const Logger& logger) {
  ReconOptions options;
  options.devices = conf.values.Text("devices");
  options.recon_cache_path = conf.values.Text("recon_cache_path");
  options.rings = {RingPath(conf, "account"), RingPath(conf, "container")};
  for (const StoragePolicy& policy : swift_conf.policies.all())
    options.rings.push_back(
        RingPath(conf, policy.index == 0 ? "object" : StrCat("object-", policy.index)));
  options.swift_conf = SwiftConfBeside(conf.swift_dir());
  options.version = kVersion;
  options.logger = logger;
  return Recon(std::move(options));
}

ReplicateService MakeService(const ReplicationServerConf& conf, const SwiftConf& swift_conf,
                             const Logger& logger) {
  ReplicateOptions options;
  options.kind = conf.kind;
  options.devices = conf.values.Text("devices");
  options.mount_check = conf.values.Bool("mount_check");
  options.fallocate_reserve = conf.values.Bytes("fallocate_reserve");
  options.hash_path = swift_conf.hash_path;
  options.logger = logger;
  return ReplicateService(std::move(options));
}

UpstreamFinder::Options UpstreamOptions(const ReplicationServerConf& conf, const Logger& logger) {
  return {conf.upstream,
          RingPath(conf, DbKindName(conf.kind)),
          {conf.listen.bind_ip, conf.listen.bind_port},
          logger};
}

ReplicationHandlerOptions HandlerOptions(const ReplicationServerConf& conf, const Recon& recon) {
  const auto milliseconds = [&](std::string_view option) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(conf.values.Number(option) * 1000));
  };
  ReplicationHandlerOptions options;
  options.kind = conf.kind;
  options.replication_server = conf.values.Bool("replication_server");
  if (conf.has_healthcheck) options.disable_path = conf.values.Text("disable_path");
  options.recon = conf.has_recon ? &recon : nullptr;
  options.version = kVersion;
  options.forward.conn_timeout = milliseconds("conn_timeout");
  options.forward.quiet_timeout = milliseconds("upstream_timeout");
  return options;
}

// Members in the order in which they come up; they go down in the reverse order, after the loop.
class Worker {
 public:
  Worker(const ReplicationServerConf& conf, const SwiftConf& swift_conf, const Logger& logger,
         std::unique_ptr<EventLoop> loop)
      : logger_(logger),
        statsd_(conf.statsd, logger),
        log_(conf.kind, conf.values.Bool("log_requests"), logger, statsd_),
        recon_(MakeRecon(conf, swift_conf, logger)),
        service_(MakeService(conf, swift_conf, logger)),
        upstream_(UpstreamOptions(conf, logger)),
        loop_(std::move(loop)),
        handler_(HandlerOptions(conf, recon_), *loop_, service_, upstream_, log_),
        databases_({.threads = conf.threads, .name = "db"}),
        sidework_({.threads = 2, .max_queued = 256, .name = "side"}),
        server_(std::make_unique<HttpServer>(*loop_, conf.http, handler_, Executor())),
        refresh_(std::make_unique<Timer>(*loop_, [this] { RefreshLater(); })),
        bound_(std::make_unique<Timer>(*loop_, [this] { GiveUp(); })) {
    for (const int number : {SIGTERM, SIGINT})
      signals_.push_back(std::make_unique<SignalWatcher>(*loop_, number, [this] { StopSoon(); }));
    for (const int number : {SIGHUP, SIGUSR1})
      signals_.push_back(
          std::make_unique<SignalWatcher>(*loop_, number, [this] { StopGracefully(); }));
  }

  Result<> Run(UniqueFd listener, int backlog, const std::function<void()>& on_ready) {
    upstream_.Refresh();
    TRY(server_->Serve(std::move(listener), backlog));
    refresh_->Start(RingWatcher::kReloadTime);
    on_ready();
    loop_->Run();
    return {};
  }

 private:
  dbrepl::Executor Executor() {
    return [this](const std::string& key, JobLength length, std::function<void()> job) {
      WorkerPool& pool = key.starts_with(kReconKey) ? sidework_ : databases_;
      return pool.TrySubmit(key, length, std::move(job));
    };
  }

  void RefreshLater() {
    // A full queue only means that the next look is later.
    static_cast<void>(
        sidework_.TrySubmit("ring", JobLength::kLong, [this] { upstream_.Refresh(); }));
    refresh_->Start(RingWatcher::kReloadTime);
  }

  void StopGracefully() {
    refresh_->Stop();
    server_->StopGracefully([this] { loop_->Stop(); });
  }
  void StopSoon() {
    StopGracefully();
    bound_->Start(kStopBound);
  }
  // What still runs leaves its database to SQLite's journal, as any crash would.
  void GiveUp() {
    logger_.Notice("Child ", ::getpid(), " stops with ", server_->stats().requests_running,
                   " requests unfinished");
    ::_exit(0);
  }

  const Logger logger_;
  StatsdClient statsd_;
  const RequestLog log_;
  const Recon recon_;
  const ReplicateService service_;
  UpstreamFinder upstream_;
  const std::unique_ptr<EventLoop> loop_;
  ReplicationHandler handler_;
  WorkerPool databases_;
  WorkerPool sidework_;
  const std::unique_ptr<HttpServer> server_;
  const std::unique_ptr<Timer> refresh_;
  const std::unique_ptr<Timer> bound_;
  std::vector<std::unique_ptr<SignalWatcher>> signals_;
};

Result<> Serve(const ReplicationServerConf& conf, const SwiftConf& swift_conf, const Logger& logger,
               UniqueFd listener, const std::function<void()>& on_ready) {
  KeepFreedMemory();
  TRY(SwitchUser(conf.values.Text("user")));
  TRY_ASSIGN(auto loop, EventLoop::Create());
  Worker worker(conf, swift_conf, logger, std::move(loop));
  return worker.Run(std::move(listener), conf.listen.backlog, on_ready);
}

}  // namespace

int RunReplicationWorker(const ReplicationServerConf& conf, const SwiftConf& swift_conf,
                         const Logger& logger, UniqueFd listener,
                         const std::function<void()>& on_ready) {
  const auto done = Serve(conf, swift_conf, logger, std::move(listener), on_ready);
  if (done) {
    logger.Notice("Child ", ::getpid(), " exiting normally");
    return 0;
  }
  logger.Error(done.error().message);
  std::cerr << DescribeForPerson(conf.log.name, done.error()) << std::flush;
  return 1;
}

}  // namespace dbrepl
