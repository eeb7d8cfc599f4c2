#include "daemons/replication_server_conf.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/paste_conf.h"
#include "common/strings.h"
#include "daemons/daemon_options.h"
#include "daemons/upstream_finder.h"

namespace dbrepl {
namespace {

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// The filter of the main pipeline that runs this code of Swift's; nullptr when there is none.
const PasteContext* FindFilter(const PasteContext& context, std::string_view loader) {
  for (const PasteContext& filter : context.filters)
    if (filter.loader == loader) return &filter;
  return context.app == nullptr ? nullptr : FindFilter(*context.app, loader);
}

// Where each option of the table is looked for.
struct Sources {
  PasteContext app;
  const PasteContext* healthcheck = nullptr;
  const PasteContext* recon = nullptr;

  const ConfSetting* Find(const ConfOption& option) const {
    const PasteContext* source = &app;
    if (option.section == "filter:healthcheck") source = healthcheck;
    if (option.section == "filter:recon") source = recon;
    return source == nullptr ? nullptr : source->Find(option.name);
  }
};

void FillNetwork(ReplicationServerConf& conf) {
  const OptionValues& values = conf.values;
  conf.listen.bind_ip = values.Text("bind_ip");
  conf.listen.bind_port = static_cast<std::uint16_t>(values.Int("bind_port"));
  conf.listen.backlog = static_cast<int>(values.Int("backlog"));
  conf.listen.keep_idle = std::chrono::seconds(values.Int("keep_idle"));
  conf.listen.bind_timeout = std::chrono::seconds(values.Int("bind_timeout"));

  const auto client_timeout = Milliseconds(values.Number("client_timeout"));
  conf.http.head_timeout = client_timeout;
  conf.http.body_timeout = client_timeout;
  conf.http.write_timeout = client_timeout;
  conf.http.idle_timeout = Milliseconds(values.Number("keepalive_timeout"));
  const auto clients = static_cast<std::size_t>(values.Int("max_clients"));
  conf.http.max_connections = clients * conf.threads;
  conf.http.max_connections_per_peer = std::max<std::size_t>(1, clients * conf.threads * 3 / 4);
}

void FillThreads(ReplicationServerConf& conf) {
  const std::int64_t workers = conf.values.Int("workers");
  const bool is_automatic = conf.values.IsAutomatic("workers");
  const auto cpus = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  conf.has_supervisor = is_automatic || workers > 0;
  // One thread is always kept free of long work, so one would do none.
  constexpr std::int64_t kLeast = 2;
  conf.threads =
      static_cast<std::size_t>(std::max(kLeast, is_automatic || workers == 0 ? cpus : workers));
}

Result<> FillUpstream(ReplicationServerConf& conf) {
  const std::string& text = conf.values.Text("upstream");
  if (text.empty()) return {};
  auto address = ParsePeerAddress(text);
  if (!address) return Fail(std::move(address).error().Within("upstream"));
  if (*address == PeerAddress{conf.listen.bind_ip, conf.listen.bind_port})
    return Fail(Errc::kBadInput, StrCat("upstream: ", text, " is this server itself"),
                "name the node's ordinary server");
  conf.upstream = *std::move(address);
  return {};
}

}  // namespace

Result<ReplicationServerConf> LoadReplicationServerConf(const std::string& path, DbKind kind) {
  const std::string app = StrCat(DbKindName(kind), "-server");
  Sources sources;
  TRY_ASSIGN(sources.app, LoadPasteApp(path, app));
  TRY_ASSIGN(const PasteContext main, LoadPasteApp(path, "main"));
  sources.healthcheck = FindFilter(main, "egg:swift#healthcheck");
  sources.recon = FindFilter(main, "egg:swift#recon");

  ReplicationServerConf conf;
  conf.kind = kind;
  conf.has_healthcheck = sources.healthcheck != nullptr;
  conf.has_recon = sources.recon != nullptr;
  TRY_ASSIGN(conf.values,
             OptionValues::Resolve(ReplicationServerTable(kind),
                                   [&](const ConfOption& option) { return sources.Find(option); }));
  FillThreads(conf);
  FillNetwork(conf);
  conf.log = LogOptionsFrom(conf.values);
  conf.statsd = StatsdOptionsFrom(conf.values);
  TRY(FillUpstream(conf));
  return conf;
}

}  // namespace dbrepl
