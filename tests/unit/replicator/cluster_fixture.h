// A small cluster in one process: a device tree and a ReplicateService for each node, visits that
// ask those services directly, and files that are copied. Faults are put between them by hooks. One
// thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/container_broker.h"
#include "broker/database_broker.h"
#include "broker/spare_connections.h"
#include "common/random.h"
#include "replicator/answer/replicate_service.h"
#include "replicator/brakes.h"
#include "replicator/file_sender.h"
#include "replicator/pass_options.h"
#include "replicator/replicate_database.h"
#include "ring/ring.h"
#include "tests/testlib/fake_clock.h"
#include "tests/testlib/temp_dir.h"

namespace dbrepl {

struct ClusterLayout {
  DbKind kind = DbKind::kContainer;
  std::uint32_t nodes = 4;
  std::uint32_t replicas = 3;
  int part_power = 4;
  std::uint32_t regions = 1;  // node i lies in region 1 + i % regions
};

// A database by its names.
struct ClusterDatabase {
  std::string account = "a";
  std::string container = "c";
};

// Node i has one device, "sd<i>" of id i, at 10.0.0.<i>. Replica r of partition p lies on node
// (p + r) % nodes.
class Cluster {
 public:
  explicit Cluster(const ClusterLayout& layout = {});

  // What happens to a request on its way; by default nothing.
  struct Way {
    // An answer or error in place of the node's own; nullopt: the node is asked.
    std::function<std::optional<Result<HttpResponse>>(const Device&, const HttpRequest&)> before;
    // Sees and may change what the node answered.
    std::function<void(const Device&, const HttpRequest&, Result<HttpResponse>&)> after;
    // As of a FileSender, before the copy is made.
    std::function<Result<>(const Device&)> before_file;
  };
  Way way;

  using Name = ClusterDatabase;
  // Where it lies on a node: on its partition, or on another.
  std::string Path(DeviceId node, const Name& name = {},
                   std::optional<PartitionId> partition = {}) const;
  PartitionId PartitionOf(const Name& name) const;
  PartitionId WrongPartition(const Name& name) const {
    return PartitionId((PartitionOf(name).value() + 1) % (1U << layout_.part_power));
  }
  std::string HashOf(const Name& name) const;
  // The nodes that should hold it, and one that should not.
  std::vector<DeviceId> Primaries(const Name& name = {}) const;
  DeviceId Handoff(const Name& name = {}) const;
  // Makes an empty database; its path.
  std::string Create(const std::string& path, const Name& name = {});
  bool Exists(DeviceId node, const Name& name = {}) const;
  std::unique_ptr<DatabaseBroker> Broker(const std::string& path);
  ContainerBroker Container(const std::string& path);
  // Rows "<prefix>0" ... of this time (seconds after the clock's beginning).
  void AddRows(const std::string& path, const std::string& prefix, int count, int seconds = 0,
               bool deleted = false);
  // Everything that replicas must have in common, as text: rows by name, times, metadata, hash,
  // counts.
  std::string Contents(const std::string& path);
  // That of a node's replica of the name; "none" when there is none.
  std::string Contents(DeviceId node, const Name& name = {});

  // Visits the database as the pass would.
  PassStats Visit(DeviceId node, const std::string& path);
  PassStats Visit(DeviceId node, const Name& name = {}) { return Visit(node, Path(node, name)); }
  // All databases of a node, in order of path.
  PassStats Pass(DeviceId node);
  std::vector<std::string> Databases(DeviceId node) const;

  const Ring& ring() const { return *ring_; }
  PassOptions& options(DeviceId node) { return nodes_[node].options; }
  // Beginning a pass means new ones.
  void NewBrakes(DeviceId node);
  // Answers of this node look like Swift's: nothing tells that it is ours. And after it has taken a
  // file, the file's sync points are as Swift's newid leaves them.
  void PretendSwift(DeviceId node) { nodes_[node].is_swift = true; }
  std::string DeviceDir(DeviceId node) const;
  HttpResponse Handle(DeviceId node, const HttpRequest& request) {
    return nodes_[node].service->Handle(request);
  }

  static std::string At(int seconds);  // a timestamp in normal form
  FakeClock& clock() { return clock_; }
  // "sd1 merge_items" for each request that was sent, also those that did not arrive.
  std::vector<std::string> requests;
  std::vector<std::string> log;
  bool Logged(std::string_view part) const;
  std::stop_source stop;

  static constexpr char kPrefix[] = "pre";

 private:
  class CopySender;
  struct Node {
    PassOptions options;
    std::unique_ptr<ReplicateService> service;
    std::unique_ptr<Brakes> brakes;
    bool is_swift = false;
  };
  void TakeFileLikeSwift(DeviceId node, const HttpRequest& request);
  Result<HttpResponse> Ask(const Device& device, const HttpRequest& request);
  void MakeNode(DeviceId id);

  const ClusterLayout layout_;
  const HashPathConfig hash_path_{kPrefix, "suf"};
  TempDir directory_{TempDir::kInMemory};
  FakeClock clock_;
  SeededRandom random_{1};
  Logger logger_;
  std::shared_ptr<const Ring> ring_;
  std::unique_ptr<FileSender> files_;
  SpareConnections spares_{2};
  std::vector<Node> nodes_;
};

}  // namespace dbrepl
