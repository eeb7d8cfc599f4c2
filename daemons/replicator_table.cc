// The options of the replicators: the one place where they are declared.
#include "common/strings.h"
#include "daemons/daemon_options.h"
#include "daemons/replicator_conf.h"

namespace dbrepl {
namespace {

ConfOptionTable AddressOptions(DbKind kind) {
  return {
      {.name = "bind_ip",
       .section = "DEFAULT",
       .otherwise = "0.0.0.0",
       .sentence = "Address of this node's replication server; with bind_port it tells which "
                   "devices of the ring are this node's. 0.0.0.0 or ::: any address of this "
                   "machine."},
      {.name = "bind_port",
       .section = "DEFAULT",
       .kind = OptionKind::kInteger,
       .otherwise = kind == DbKind::kAccount ? "6202" : "6201",
       .sentence = "Port of this node's replication server, as the ring has it.",
       .minimum = 0,
       .maximum = 65535},
  };
}

ConfOptionTable PaceOptions(const std::string& section) {
  return {
      {.name = "interval",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "30",
       .sentence = "Seconds from the start of a pass to the start of the next, give or take a "
                   "tenth, so that nodes do not stay in step; a pass that takes longer is followed "
                   "by the next at once. 0: no pause.",
       .minimum = 0,
       .maximum = 365 * kSecondsPerDay},
      {.name = "run_pause",
       .section = section,
       .kind = OptionKind::kNumber,
       .sentence = "Old name of interval, used where interval is not set.",
       .minimum = 0,
       .maximum = 365 * kSecondsPerDay},
      {.name = "daemonize",
       .section = section,
       .kind = OptionKind::kBoolean,
       .otherwise = "true",
       .sentence = "false: one pass, then exit, as with --once."},
      {.name = "databases_per_second",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "50",
       .sentence = "Databases that are taken up in a second, to spare the disks. A pass takes at "
                   "least their number divided by this; raise it when passes take too long and "
                   "the disks are idle. 0: as many as possible.",
       .maximum = 1e9},
      {.name = "concurrency",
       .section = section,
       .kind = OptionKind::kInteger,
       .otherwise = "8",
       .sentence = "Databases at work at a time, each with a thread of its own. Raise it when "
                   "peers are far or slow; lower it when requests suffer from busy disks.",
       .minimum = 1,
       .maximum = 1000},
  };
}

ConfOptionTable PeerOptions(const std::string& section, std::string_view kind) {
  return {
      {.name = "per_diff",
       .section = section,
       .kind = OptionKind::kInteger,
       .otherwise = "1000",
       .sentence = "Rows in one request. A replica that is behind by no more than this is brought "
                   "up to date row by row; one that is further behind and has fewer than half the "
                   "rows gets the whole file.",
       .minimum = 1,
       .maximum = 1e9},
      {.name = "max_diffs",
       .section = section,
       .kind = OptionKind::kInteger,
       .otherwise = "100",
       .sentence = "Requests with rows of one database to one peer in one pass; what is left "
                   "follows in the next pass. 0: 100.",
       .minimum = 0,
       .maximum = 1e9},
      {.name = "node_timeout",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "10",
       .sentence = "Seconds for a peer to answer a request, and longest time that stopping takes.",
       .minimum = 0.001,
       .maximum = kSecondsPerDay},
      {.name = "conn_timeout",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "0.5",
       .sentence = "Seconds for a peer to take a connection.",
       .minimum = 0.001,
       .maximum = kSecondsPerDay},
      {.name = "rsync_module",
       .section = section,
       .otherwise = StrCat("{replication_ip}::", kind),
       .sentence = StrCat("Where rsync sends whole files; words in braces are keys of the device "
                          "in the ring, as in {replication_ip}::",
                          kind, "_{device}.")},
      {.name = "rsync_compress",
       .section = section,
       .kind = OptionKind::kBoolean,
       .otherwise = "no",
       .sentence = "Whether rsync compresses what goes to another region."},
  };
}

ConfOptionTable KeepingOptions(const std::string& section) {
  return {
      {.name = "reclaim_age",
       .section = section,
       .kind = OptionKind::kNumber,
       .otherwise = "604800",
       .sentence = "Seconds for which deleted rows and databases are remembered. A node that was "
                   "away for longer brings deleted things back; the same on all nodes.",
       .minimum = 0,
       .maximum = 1e10},
      {.name = "handoffs_only",
       .section = section,
       .kind = OptionKind::kBoolean,
       .otherwise = "no",
       .sentence = "Whether only databases that belong on other nodes are taken up: for the time "
                   "of a rebalance with full disks."},
      {.name = "handoff_delete",
       .section = section,
       .kind = OptionKind::kInteger,
       .otherwise = "auto",
       .sentence = "How many replicas must have taken a database that does not belong here before "
                   "it is removed here; auto or 0: all. For emergencies.",
       .minimum = 0,
       .maximum = 1e6},
      {.name = "recon_cache_path",
       .section = section,
       .otherwise = "/var/cache/swift",
       .sentence = "Folder in which the replicator leaves what recon tells."},
  };
}

ConfOptionTable MakeTable(DbKind kind) {
  ConfOptionTable table;
  const std::string section = ReplicatorName(kind);
  for (const ConfOptionTable& part :
       {AddressOptions(kind), NodeOptionTable("replicator", "left out"), PriorityOptionTable(),
        LogOptionTable(section, "Single databases"), PaceOptions(section),
        PeerOptions(section, DbKindName(kind)), KeepingOptions(section)})
    table.insert(table.end(), part.begin(), part.end());
  return table;
}

}  // namespace

const ConfOptionTable& ReplicatorTable(DbKind kind) {
  static const ConfOptionTable account = MakeTable(DbKind::kAccount);
  static const ConfOptionTable container = MakeTable(DbKind::kContainer);
  return kind == DbKind::kAccount ? account : container;
}

std::string ReplicatorSample(DbKind kind) {
  const ConfOptionTable& table = ReplicatorTable(kind);
  const std::string name = ReplicatorName(kind);
  return StrCat("# Configuration of ", name, ". Swift's ", DbKindName(kind),
                "-server.conf can be used as it is:\n# what its section [", name,
                "] sets counts, then what [DEFAULT] sets.\n# Lines that begin with # show "
                "defaults.\n\n[DEFAULT]\n",
                SampleOptions(table, "DEFAULT"), "\n[", name, "]\n", SampleOptions(table, name));
}

}  // namespace dbrepl
