// A random cluster with a random history: writes on any replica at any moment, visits over a bad
// network, and beside it what must come out of it. From a seed; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "tests/unit/replicator/cluster_fixture.h"

namespace dbrepl {

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed);

  // Some writes and visits; calls are dropped, repeated, refused, and answers get lost.
  void LiveThroughTroubles(int steps);
  // Visits everything with a good network until nothing changes. False: it did not come to rest.
  bool Converge();
  // On a converged world: a replica vanishes, is damaged or lies somewhere else.
  void LoseSomething();
  // Lets tombstones and sync points become old.
  void LetTimePass();

  // What is wrong with the world after it came to rest; empty: nothing.
  std::string WhatIsWrong();
  const std::string& description() const { return description_; }

 private:
  struct Written {
    int seconds = 0;
    bool deleted = false;
  };
  // What was acknowledged for one database.
  struct Acknowledged {
    std::map<std::string, Written> rows;  // by name, the last write
    std::map<std::string, int> metadata;  // by name, the time of the last write
  };
  using Name = Cluster::Name;

  std::uint64_t Below(std::uint64_t end) { return random_.Below(end); }
  bool Chance(int percent) { return Below(100) < static_cast<std::uint64_t>(percent); }
  const Name& AnyName() { return names_[Below(names_.size())]; }
  DeviceId AnyNode() { return static_cast<DeviceId>(Below(nodes_)); }

  // On a replica that is there, or on a new one.
  void Write();
  void WriteRows(const std::string& path, std::size_t name);
  void WriteMetadata(const std::string& path, std::size_t name);
  std::optional<std::string> AnyReplica(std::size_t name);
  void VisitSomething();
  std::optional<Result<HttpResponse>> OnTheWay(const Device& device, const HttpRequest& request);
  void OnTheWayBack(Result<HttpResponse>& answer);
  std::string Snapshot();
  std::string WhatIsWrongWith(std::size_t name);

  SeededRandom random_;
  DbKind kind_;
  std::uint32_t nodes_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<Name> names_;
  std::vector<Acknowledged> acknowledged_;
  std::string description_;
  int now_ = 0;  // every write has a time of its own
  bool troubled_ = false;
  bool time_has_passed_ = false;
};

}  // namespace dbrepl
