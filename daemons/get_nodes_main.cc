// get-nodes: where a database lives, in swift-get-nodes's words.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "common/files.h"
#include "common/strings.h"
#include "common/swift_conf.h"
#include "daemons/get_nodes_bulk.h"
#include "daemons/get_nodes_options.h"
#include "daemons/get_nodes_report.h"
#include "ring/ring.h"

namespace dbrepl {
namespace {

constexpr std::string_view kProgram = "get-nodes";
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

Result<> Print(std::string_view text) { return WriteAll(STDOUT_FILENO, text, "standard output"); }

// Whatever keeps a ring or swift.conf from being read, it is the caller's to mend: exit code 2.
Error AsUsage(Error error) {
  error.code = Errc::kBadInput;
  return error;
}

Result<std::shared_ptr<const Ring>> LoadRing(const GetNodesOptions& options) {
  return Ring::Load(options.ring_path).map_error(AsUsage);
}

// Without the cluster's prefix and suffix every hash would be wrong, and so would every answer.
Result<HashPathConfig> ClusterOf(const GetNodesOptions& options) {
  TRY_ASSIGN(const SwiftConf conf,
             LoadSwiftConf(StrCat(options.swift_dir, "/swift.conf")).map_error(AsUsage));
  return conf.hash_path;
}

Result<Location> LocateTarget(const Ring& ring, const GetNodesOptions& options) {
  if (options.what == GetNodesOptions::What::kPartition) {
    if (options.partition >= ring.partition_count()) {
      return Fail(Errc::kBadInput, StrCat("--partition: ", options.ring_path,
                                          " has partitions 0 to ", ring.partition_count() - 1));
    }
    return Locate(ring, PartitionId(options.partition), options.all);
  }
  TRY_ASSIGN(const HashPathConfig cluster, ClusterOf(options));
  const ItemName& item = options.item;
  TRY_ASSIGN(const Md5Digest hash, HashPath(cluster, item.account, item.container, item.object));
  Location location = Locate(ring, ring.PartitionOf(hash), options.all);
  location.item = item;
  location.hash = ToHex(hash);
  return location;
}

Result<> ShowLocation(const Ring& ring, const GetNodesOptions& options) {
  TRY_ASSIGN(Location location, LocateTarget(ring, options));
  location.ring_name = RingName(options.ring_path);
  return Print(options.json ? StrCat(DumpJsonIndented(LocationJson(location)), "\n")
                            : LocationText(location));
}

Result<> ShowNames(const Ring& ring, const GetNodesOptions& options) {
  TRY_ASSIGN(const HashPathConfig cluster, ClusterOf(options));
  if (options.names_path == "-") {
    std::ios::sync_with_stdio(false);
    return PartitionsOfNames(ring, cluster, std::cin, "standard input", Print);
  }
  std::ifstream file(options.names_path);
  if (!file) return Fail(Errc::kBadInput, StrCat(options.names_path, ": cannot be read"));
  return PartitionsOfNames(ring, cluster, file, options.names_path, Print);
}

Result<> Run(const GetNodesOptions& options) {
  if (options.what == GetNodesOptions::What::kHelp) return Print(GetNodesHelp());
  TRY_ASSIGN(const auto ring, LoadRing(options));
  switch (options.what) {
    case GetNodesOptions::What::kDump: return DumpRing(*ring, Print);
    case GetNodesOptions::What::kNames: return ShowNames(*ring, options);
    default: return ShowLocation(*ring, options);
  }
}

int Main(const std::vector<std::string>& arguments) {
  const Result<> done = ParseGetNodesOptions(arguments).and_then(Run);
  if (done) return kDone;
  std::cerr << DescribeForPerson(kProgram, done.error());
  return done.error().code == Errc::kBadInput ? kUsage : kFailed;
}

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) { return dbrepl::Main({argv + 1, argv + argc}); }
