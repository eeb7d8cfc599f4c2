#include "tests/sim/sim_world.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/check.h"
#include "common/strings.h"

namespace dbrepl {

namespace {

std::string HashDirectory(const std::string& path) {
  return std::filesystem::path(path).parent_path();
}

}  // namespace

SimWorld::SimWorld(std::uint64_t seed) : random_(seed) {
  kind_ = Chance(30) ? DbKind::kAccount : DbKind::kContainer;
  nodes_ = static_cast<std::uint32_t>(3 + Below(3));
  const auto replicas = static_cast<std::uint32_t>(2 + Below(2));
  cluster_ = std::make_unique<Cluster>(
      ClusterLayout{.kind = kind_, .nodes = nodes_, .replicas = replicas});
  description_ = StrCat(DbKindName(kind_), "s, ", nodes_, " nodes, ", replicas, " replicas");
  for (DeviceId node = 0; node < nodes_; ++node) {
    cluster_->options(node).per_diff = static_cast<int>(3 + Below(8));
    cluster_->options(node).max_diffs = static_cast<int>(2 + Below(4));
    if (Chance(20)) cluster_->options(node).handoff_delete = static_cast<int>(1 + Below(3));
    if (Chance(30)) cluster_->PretendSwift(node);
  }
  for (std::size_t i = 0; i < 3; ++i) names_.push_back({StrCat("a", i), "c"});
  acknowledged_.resize(names_.size());
  cluster_->way.before = [this](const Device& device, const HttpRequest& request) {
    return OnTheWay(device, request);
  };
  cluster_->way.after = [this](const Device&, const HttpRequest&, Result<HttpResponse>& answer) {
    OnTheWayBack(answer);
  };
  cluster_->way.before_file = [this](const Device&) -> Result<> {
    if (troubled_ && Chance(20)) Write();
    if (troubled_ && Chance(15)) return Fail(Errc::kUnreachable, "rsync failed with 12");
    return {};
  };
}

// ---- Writes

std::optional<std::string> SimWorld::AnyReplica(std::size_t name) {
  std::vector<std::string> there;
  for (DeviceId node = 0; node < nodes_; ++node) {
    const std::string hash = cluster_->HashOf(names_[name]);
    for (const std::string& path : cluster_->Databases(node))
      if (path.find(hash) != std::string::npos) there.push_back(path);
  }
  if (there.empty()) return std::nullopt;
  return there[Below(there.size())];
}

void SimWorld::Write() {
  const std::size_t name = Below(names_.size());
  std::optional<std::string> path = AnyReplica(name);
  // A server makes the database where it lacks, on a primary or a handoff.
  if (!path || Chance(10)) {
    const DeviceId node = AnyNode();
    path = cluster_->Path(node, names_[name]);
    if (!cluster_->Exists(node, names_[name])) cluster_->Create(*path, names_[name]);
  }
  if (Chance(15)) {
    WriteMetadata(*path, name);
  } else {
    WriteRows(*path, name);
  }
}

void SimWorld::WriteRows(const std::string& path, std::size_t name) {
  Acknowledged& acknowledged = acknowledged_[name];
  const int count = Chance(20) ? static_cast<int>(10 + Below(30)) : static_cast<int>(1 + Below(4));
  now_ += 2;
  // Few prefixes: rows are written again and again, everywhere.
  const std::string prefix = StrCat("o", Below(4), "-");
  const bool deleted = Chance(30);
  cluster_->AddRows(path, prefix, count, now_, deleted);
  for (int i = 0; i < count; ++i) acknowledged.rows[StrCat(prefix, i)] = {now_, deleted};
}

void SimWorld::WriteMetadata(const std::string& path, std::size_t name) {
  now_ += 2;
  const std::string header = StrCat("X-Meta-", Below(3));
  const auto written =
      cluster_->Broker(path)->UpdateMetadata({{header, StrCat("at ", now_), Cluster::At(now_)}});
  CHECK(written.has_value());
  acknowledged_[name].metadata[header] = now_;
}

// ---- The network

std::optional<Result<HttpResponse>> SimWorld::OnTheWay(const Device& device,
                                                       const HttpRequest& request) {
  if (!troubled_) return std::nullopt;
  if (Chance(10)) Write();
  if (Chance(8)) return Fail(Errc::kTimeout, "dropped");
  if (Chance(4)) return MakeResponse(507, "text/plain", "");
  if (Chance(3)) return MakeResponse(500, "text/plain", "");
  if (Chance(8)) cluster_->Handle(device.id, request);  // and once more
  return std::nullopt;
}

void SimWorld::OnTheWayBack(Result<HttpResponse>& answer) {
  if (troubled_ && Chance(8)) answer = Fail(Errc::kTimeout, "the answer got lost");
}

// ---- Life

void SimWorld::VisitSomething() {
  const DeviceId node = AnyNode();
  const std::vector<std::string> there = cluster_->Databases(node);
  if (there.empty()) return;
  cluster_->NewBrakes(node);
  cluster_->Visit(node, there[Below(there.size())]);
}

void SimWorld::LiveThroughTroubles(int steps) {
  troubled_ = true;
  for (int step = 0; step < steps; ++step) {
    if (Chance(50)) {
      Write();
    } else {
      VisitSomething();
    }
  }
  troubled_ = false;
}

std::string SimWorld::Snapshot() {
  std::string all;
  for (DeviceId node = 0; node < nodes_; ++node)
    for (const std::string& path : cluster_->Databases(node))
      all += StrCat(path, "\n", cluster_->Contents(path));
  return all;
}

bool SimWorld::Converge() {
  constexpr int kMaxRounds = 60;
  std::string before = Snapshot();
  int quiet = 0;
  for (int round = 0; round < kMaxRounds && quiet < 2; ++round) {
    PassStats stats;
    for (DeviceId node = 0; node < nodes_; ++node) stats += cluster_->Pass(node);
    std::string after = Snapshot();
    quiet = after == before && stats.failure == 0 ? quiet + 1 : 0;
    before = std::move(after);
  }
  return quiet >= 2;
}

void SimWorld::LoseSomething() {
  const std::size_t name = Below(names_.size());
  const std::optional<std::string> path = AnyReplica(name);
  if (!path) return;
  const std::string directory = HashDirectory(*path);
  switch (Below(4)) {
    case 0: std::filesystem::remove_all(directory); break;
    case 1: std::filesystem::resize_file(*path, 3000); break;
    case 2: {  // somebody put it into a wrong partition
      const std::string wrong =
          HashDirectory(cluster_->Path(0, names_[name], cluster_->WrongPartition(names_[name])));
      std::filesystem::create_directories(std::filesystem::path(wrong).parent_path());
      std::filesystem::rename(directory, wrong);
      break;
    }
    default: {  // as after a rebalance
      const DeviceId node = AnyNode();
      if (cluster_->Exists(node, names_[name])) break;
      const std::string there = HashDirectory(cluster_->Path(node, names_[name]));
      std::filesystem::create_directories(std::filesystem::path(there).parent_path());
      std::filesystem::rename(directory, there);
      break;
    }
  }
}

void SimWorld::LetTimePass() {
  cluster_->clock().Advance(std::chrono::hours(24 * 20));
  time_has_passed_ = true;
}

// ---- Judgement

std::string SimWorld::WhatIsWrongWith(std::size_t name) {
  const Acknowledged& acknowledged = acknowledged_[name];
  if (acknowledged.rows.empty() && acknowledged.metadata.empty()) return "";
  const std::vector<DeviceId> primaries = cluster_->Primaries(names_[name]);
  const std::string contents = cluster_->Contents(primaries[0], names_[name]);
  for (const DeviceId node : primaries) {
    const std::string other = cluster_->Contents(node, names_[name]);
    if (other != contents)
      return StrCat("replicas differ:\n", contents, "on node ", node, ":\n", other);
  }
  for (const auto& [row, written] : acknowledged.rows) {
    const bool is_there = contents.find(StrCat(row, "|")) != std::string::npos;
    const std::string time = Cluster::At(written.seconds);
    const std::string line =
        kind_ == DbKind::kAccount && written.deleted
            ? StrCat(row, "|", Cluster::At(written.seconds - 1), "|", time, "|")
            : StrCat(row, "|", time, "|");
    if (written.deleted && time_has_passed_) {
      if (is_there) return StrCat("a reclaimed row is there: ", row, "\n", contents);
    } else if (contents.find(line) == std::string::npos &&
               (kind_ == DbKind::kContainer || written.deleted || !is_there)) {
      return StrCat("a row is lost: ", line, "\n", contents);
    }
  }
  for (const auto& [header, seconds] : acknowledged.metadata) {
    if (contents.find(StrCat("\"", header, "\": [\"at ", seconds, "\"")) == std::string::npos)
      return StrCat("metadata is lost: ", header, " at ", seconds, "\n", contents);
  }
  return "";
}

std::string SimWorld::WhatIsWrong() {
  for (std::size_t name = 0; name < names_.size(); ++name) {
    if (std::string wrong = WhatIsWrongWith(name); !wrong.empty()) return wrong;
  }
  for (DeviceId node = 0; node < nodes_; ++node) {
    for (const std::string& path : cluster_->Databases(node)) {
      bool belongs = false;
      for (const Name& name : names_) {
        const std::vector<DeviceId> primaries = cluster_->Primaries(name);
        belongs = belongs || (path == cluster_->Path(node, name) &&
                              std::count(primaries.begin(), primaries.end(), node) > 0);
      }
      if (!belongs) return StrCat("does not belong here: ", path);
    }
  }
  return "";
}

}  // namespace dbrepl
