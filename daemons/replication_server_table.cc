// The options of the replication servers: the one place where they are declared.
#include "common/strings.h"
#include "daemons/daemon_options.h"
#include "daemons/replication_server_conf.h"

namespace dbrepl {
namespace {

ConfOptionTable ListenTable(DbKind kind) {
  const bool is_account = kind == DbKind::kAccount;
  return {
      {.name = "bind_ip",
       .section = "DEFAULT",
       .otherwise = "0.0.0.0",
       .sentence = "Address to listen on: IPv4 or IPv6, 0.0.0.0 or :: for all of this machine. It "
                   "also tells which devices of the ring are this node's."},
      {.name = "bind_port",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = is_account ? "6202" : "6201",
       .sentence = "Port to listen on: the replication port of this node's devices in the ring. "
                   "Must be set.",
       .minimum = 1,
       .maximum = 65535,
       .is_mandatory = true},
      {.name = "bind_timeout",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "30",
       .sentence = "Seconds to wait at start for a port that is still taken.",
       .minimum = 0,
       .maximum = kSecondsPerDay},
      {.name = "backlog",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "4096",
       .sentence = "Connections that the system holds until they are accepted.",
       .minimum = 1,
       .maximum = 65535},
      {.name = "keep_idle",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "600",
       .sentence = "Seconds without a byte after which TCP asks whether the peer is still there.",
       .minimum = 1,
       .maximum = 32766},
  };
}

ConfOptionTable ClientTable() {
  return {
      {.name = "client_timeout",
       .section = "DEFAULT",
       .kind = OptionKind::kNumber,
       .otherwise = "60",
       .sentence = "Seconds within which a client must send all of a request's head, and of its "
                   "body, and take what it is sent.",
       .minimum = 0.1,
       .maximum = kSecondsPerDay},
      {.name = "keepalive_timeout",
       .section = "DEFAULT",
       .kind = OptionKind::kNumber,
       .otherwise = "600",
       .sentence = "Seconds that a connection may stay open without a request. Swift closes after "
                   "client_timeout; here it is longer because a replicator's rsync may take long "
                   "between two requests.",
       .minimum = 0.1,
       .maximum = kSecondsPerDay},
      {.name = "max_clients",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "1024",
       .sentence = "Connections at a time, times the number of workers, as in Swift. One peer gets "
                   "at most three quarters of them; the rest waits in the backlog.",
       .minimum = 1,
       .maximum = 1e6},
      {.name = "workers",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = "auto",
       .sentence = "Threads that work on databases, each on one at a time (Swift: processes); at "
                   "least two, auto is one for each CPU. 0 means auto without the supervising "
                   "process: signals that reload then end the server.",
       .minimum = 0,
       .maximum = 1024},
  };
}

ConfOptionTable SpaceTable() {
  return {
      {.name = "fallocate_reserve",
       .section = "DEFAULT",
       .kind = OptionKind::kBytesOrPercent,
       .otherwise = "1%",
       .sentence = "Bytes, or percent with %, to keep free on every device: with less free every "
                   "REPLICATE is refused (507)."},
  };
}

ConfOptionTable AppTable(const std::string& section) {
  return {
      {.name = "replication_server",
       .section = section,
       .kind = OptionKind::kBoolean,
       .otherwise = "true",
       .sentence = "false: REPLICATE is refused (405), everything else is served."},
      {.name = "log_requests",
       .section = section,
       .kind = OptionKind::kBoolean,
       .otherwise = "true",
       .sentence = "Whether there is a log line for every request."},
      {.name = "upstream",
       .section = section,
       .sentence = "host:port of this node's ordinary server, which gets every request that is "
                   "not REPLICATE, OPTIONS, recon or healthcheck. Empty: the client address that "
                   "the ring has for the device in the request."},
      {.name = "conn_timeout",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "0.5",
       .sentence = "Seconds to wait for a connection to the ordinary server before answering 504.",
       .minimum = 0.01,
       .maximum = kSecondsPerDay},
      {.name = "upstream_timeout",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "60",
       .sentence = "Seconds without a byte from the ordinary server before answering 504.",
       .minimum = 0.01,
       .maximum = kSecondsPerDay},
  };
}

ConfOptionTable FilterTable() {
  return {
      {.name = "disable_path",
       .section = "filter:healthcheck",
       .sentence =
           "While there is a file at this path, /healthcheck answers 503 DISABLED BY FILE."},
      {.name = "recon_cache_path",
       .section = "filter:recon",
       .otherwise = "/var/cache/swift",
       .sentence = "Folder in which the daemons leave what recon tells."},
  };
}

ConfOptionTable MakeTable(DbKind kind) {
  ConfOptionTable table;
  const std::string app = StrCat("app:", DbKindName(kind), "-server");
  for (const ConfOptionTable& part :
       {ListenTable(kind), ClientTable(), NodeOptionTable("server", "refused (507)"), SpaceTable(),
        PriorityOptionTable(),
        LogOptionTable(StrCat(DbKindName(kind), "-server"), "REPLICATE requests"), AppTable(app),
        FilterTable()})
    table.insert(table.end(), part.begin(), part.end());
  return table;
}

}  // namespace

const ConfOptionTable& ReplicationServerTable(DbKind kind) {
  static const ConfOptionTable account = MakeTable(DbKind::kAccount);
  static const ConfOptionTable container = MakeTable(DbKind::kContainer);
  return kind == DbKind::kAccount ? account : container;
}

std::string ReplicationServerSample(DbKind kind) {
  const ConfOptionTable& table = ReplicationServerTable(kind);
  const std::string server = StrCat(DbKindName(kind), "-server");
  return StrCat("# Configuration of ", DbKindName(kind), "-replication-server. Swift's ", server,
                ".conf can be used as it is.\n"
                "# Lines that begin with # show defaults.\n\n[DEFAULT]\n",
                SampleOptions(table, "DEFAULT"), "\n[pipeline:main]\npipeline = healthcheck recon ",
                server, "\n\n[app:", server, "]\nuse = egg:swift#", DbKindName(kind),
                "\n# What [DEFAULT] sets too counts here only with `set` before its name.\n#\n",
                SampleOptions(table, StrCat("app:", server)),
                "\n[filter:healthcheck]\nuse = egg:swift#healthcheck\n",
                SampleOptions(table, "filter:healthcheck"),
                "\n[filter:recon]\nuse = egg:swift#recon\n", SampleOptions(table, "filter:recon"));
}

}  // namespace dbrepl
