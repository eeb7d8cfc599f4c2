// db-info: what is in one account or container database.
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include "common/files.h"
#include "common/hash_path.h"
#include "common/strings.h"
#include "common/swift_conf.h"
#include "daemons/db_info.h"
#include "daemons/db_info_options.h"
#include "daemons/get_nodes_report.h"
#include "ring/ring.h"

namespace dbrepl {
namespace {

constexpr std::string_view kProgram = "db-info";
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

Error AsUsage(Error error) {
  error.code = Errc::kBadInput;
  return error;
}

// nullopt when there is none and nobody asked for it.
Result<std::optional<SwiftConf>> ClusterOf(const DbInfoOptions& options) {
  auto conf = LoadSwiftConf(StrCat(options.swift_dir, "/swift.conf"));
  if (conf) return *std::move(conf);
  if (!options.swift_dir_given && conf.error().code == Errc::kNotFound) return std::nullopt;
  return Fail(AsUsage(std::move(conf).error()));
}

// nullptr when there is none and nobody asked for it.
Result<std::shared_ptr<const Ring>> RingFor(const DbInfoOptions& options, const std::string& path) {
  auto ring = Ring::Load(path);
  if (ring) return *std::move(ring);
  if (options.ring_path.empty() && ring.error().code == Errc::kNotFound) return nullptr;
  return Fail(AsUsage(std::move(ring).error()));
}

Result<DatabasePlace> PlaceOf(const DbInfoOptions& options, const ReplicationInfo& info) {
  DatabasePlace place;
  TRY_ASSIGN(const auto cluster, ClusterOf(options));
  if (!cluster) {
    if (options.ring_path.empty()) return place;
    return Fail(Errc::kBadInput,
                StrCat(options.swift_dir, "/swift.conf: No such file or directory"),
                "a ring needs the cluster's hash prefix and suffix; name their folder with "
                "--swift-dir");
  }
  TRY_ASSIGN(const Md5Digest hash, HashPath(cluster->hash_path, info.account, info.container));
  place.hash = ToHex(hash);
  const StoragePolicy* policy = cluster->policies.ByIndex(info.storage_policy_index);
  place.policy_name = policy == nullptr ? "Unknown" : policy->names.front();
  const char* ring_name = info.kind == DbKind::kAccount ? "account" : "container";
  const std::string ring_path = options.ring_path.empty()
                                    ? StrCat(options.swift_dir, "/", ring_name, ".ring.gz")
                                    : options.ring_path;
  TRY_ASSIGN(const auto ring, RingFor(options, ring_path));
  if (ring == nullptr) return place;
  Location location = Locate(*ring, ring->PartitionOf(hash), false);
  location.item = {info.account, info.container, ""};
  location.hash = place.hash;
  location.ring_name = RingName(ring_path);
  place.locations_text = LocationText(location);
  place.locations = LocationJson(location);
  return place;
}

Result<> Run(const DbInfoOptions& options) {
  if (options.help) return WriteAll(STDOUT_FILENO, DbInfoHelp(), "standard output");
  TRY_ASSIGN(const DatabaseFacts facts, ReadDatabase(options.db_path));
  TRY_ASSIGN(const DatabasePlace place, PlaceOf(options, facts.info));
  const std::string text = options.json ? StrCat(DumpJsonIndented(DatabaseJson(facts, place)), "\n")
                                        : DatabaseText(facts, place);
  return WriteAll(STDOUT_FILENO, text, "standard output");
}

int Main(const std::vector<std::string>& arguments) {
  const auto options = ParseDbInfoOptions(arguments);
  const Result<> done = options ? Run(*options) : Fail(options.error());
  if (done) return kDone;
  std::cerr << DescribeForPerson(kProgram, done.error());
  return done.error().code == Errc::kBadInput ? kUsage : kFailed;
}

}  // namespace
}  // namespace dbrepl

int main(int argc, char** argv) { return dbrepl::Main({argv + 1, argv + argc}); }
