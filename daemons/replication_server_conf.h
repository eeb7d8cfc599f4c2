// The configuration of a replication server: Swift's container-server.conf or account-server.conf
// as it is, and a few options of our own (swift-reference.md section 6.3). Plain data.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "broker/db_kind.h"
#include "common/log.h"
#include "common/result.h"
#include "common/statsd.h"
#include "daemons/option_table.h"
#include "rpc/http_server.h"
#include "rpc/listener.h"
#include "rpc/peer_address.h"

namespace dbrepl {

// Every option that is read, with default, bounds and meaning; unknown ones in a file are nobody's
// business.
const ConfOptionTable& ReplicationServerTable(DbKind kind);

// The sample file that is installed, made from the table.
std::string ReplicationServerSample(DbKind kind);

struct ReplicationServerConf {
  DbKind kind = DbKind::kContainer;
  OptionValues values;  // for --print-config, and for what is used in one place only
  ListenOptions listen;
  HttpServerOptions http;
  LogOptions log;
  StatsdOptions statsd;
  std::size_t threads = 2;              // that work on databases
  bool has_supervisor = true;           // workers = 0: a single process
  std::optional<PeerAddress> upstream;  // nullopt: the ring knows
  bool has_recon = false;               // the pipeline has the filter
  bool has_healthcheck = false;         // the pipeline has the filter

  std::string swift_dir() const { return values.Text("swift_dir"); }
};

// Reads the file (or folder of files): [app:<kind>-server], [DEFAULT], and what the filters recon
// and healthcheck of [pipeline:main] say. Errors as LoadPasteApp and OptionValues::Resolve; an
// `upstream` that is no address: kBadInput.
Result<ReplicationServerConf> LoadReplicationServerConf(const std::string& path, DbKind kind);

}  // namespace dbrepl
