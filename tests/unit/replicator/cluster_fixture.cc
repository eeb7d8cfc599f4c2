#include "tests/unit/replicator/cluster_fixture.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "broker/account_broker.h"
#include "broker/connection.h"
#include "broker/create.h"
#include "broker/db_path.h"
#include "common/check.h"
#include "common/strings.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {

namespace {

std::shared_ptr<const Ring> MakeRing(const ClusterLayout& layout) {
  RingData data;
  data.part_shift = kMaxPartPower - layout.part_power;
  for (DeviceId id = 0; id < layout.nodes; ++id) {
    Device device;
    device.id = id;
    device.zone = id;
    device.region = static_cast<int>(1 + id % layout.regions);
    device.device = StrCat("sd", id);
    device.weight = 1;
    device.ip = StrCat("10.0.1.", id);
    device.port = 6001;
    device.replication_ip = StrCat("10.0.0.", id);
    device.replication_port = 6201;
    data.devices.emplace_back(std::move(device));
  }
  CHECK(layout.nodes > 0);
  data.rows.resize(layout.replicas);
  for (DeviceId partition = 0; partition < data.PartitionCount(); ++partition) {
    for (DeviceId replica = 0; replica < layout.replicas; ++replica)
      data.rows[replica].push_back((partition + replica) % layout.nodes);
  }
  return Ring::Create(std::move(data)).value();
}

std::string OpOf(const HttpRequest& request) {
  const std::size_t begin = request.body.find('"') + 1;
  return request.body.substr(begin, request.body.find('"', begin) - begin);
}

// A query's rows, values joined with '|'.
std::string QueryText(const std::string& file, std::string_view sql) {
  const auto connection = Connection::Open(file).value();
  Statement statement = connection->Prepare(sql).value();
  std::string text;
  while (statement.Step().value()) {
    for (int i = 0; i < statement.ColumnCount(); ++i) text += StrCat(statement.Text(i), "|");
    text += "\n";
  }
  return text;
}

}  // namespace

class Cluster::CopySender final : public FileSender {
 public:
  explicit CopySender(Cluster& cluster) : cluster_(cluster) {}

  Result<> Send(DatabaseBroker& broker, const std::string& local_id, const Device& node,
                bool is_other_region) override {
    cluster_.requests.push_back(
        StrCat(node.device, " file", is_other_region ? " to another region" : ""));
    if (cluster_.way.before_file) TRY(cluster_.way.before_file(node));
    TRY_ASSIGN(const std::string file, broker.DbFile());
    TRY_ASSIGN(const Transaction lock, broker.Lock());
    std::filesystem::copy_file(file, StrCat(cluster_.DeviceDir(node.id), "/tmp/", local_id),
                               std::filesystem::copy_options::overwrite_existing);
    return {};
  }

 private:
  Cluster& cluster_;
};

Cluster::Cluster(const ClusterLayout& layout)
    : layout_(layout), ring_(MakeRing(layout)), files_(std::make_unique<CopySender>(*this)) {
  LogOptions options;
  options.to_syslog = false;
  options.level = "DEBUG";
  options.listener = [this](LogLevel level, std::string_view line) {
    constexpr std::string_view kLevels[] = {"debug",   "info",  "notice",
                                            "warning", "error", "critical"};
    line.remove_prefix(line.find(": ") + 2);  // the program's name
    log.push_back(StrCat(kLevels[static_cast<std::size_t>(level)], ": ", line));
  };
  logger_ = MakeLogger(options).value();
  nodes_.resize(layout.nodes);
  for (DeviceId id = 0; id < layout.nodes; ++id) MakeNode(id);
}

void Cluster::MakeNode(DeviceId id) {
  std::filesystem::create_directories(StrCat(DeviceDir(id), "/tmp"));
  ReplicateOptions service;
  service.kind = layout_.kind;
  service.devices = directory_.Sub(StrCat("node", id));
  service.mount_check = false;
  service.fallocate_reserve = {};
  service.hash_path = hash_path_;
  service.clock = &clock_;
  service.random = &random_;
  service.logger = logger_;
  nodes_[id].service = std::make_unique<ReplicateService>(std::move(service));
  PassOptions& options = nodes_[id].options;
  options.kind = layout_.kind;
  options.devices = directory_.Sub(StrCat("node", id));
  options.mount_check = false;
  options.hash_path = hash_path_;
  options.clock = &clock_;
  options.random = &random_;
  options.logger = logger_;
  NewBrakes(id);
}

void Cluster::NewBrakes(DeviceId node) { nodes_[node].brakes = std::make_unique<Brakes>(logger_); }

std::string Cluster::DeviceDir(DeviceId node) const {
  return directory_.Sub(StrCat("node", node, "/sd", node));
}

// ---- Names and places

std::string Cluster::HashOf(const Name& name) const {
  const bool is_account = layout_.kind == DbKind::kAccount;
  return ToHex(HashPath(hash_path_, name.account, is_account ? "" : name.container).value());
}

PartitionId Cluster::PartitionOf(const Name& name) const {
  const bool is_account = layout_.kind == DbKind::kAccount;
  return ring_->PartitionOf(hash_path_, name.account, is_account ? "" : name.container).value();
}

std::string Cluster::Path(DeviceId node, const Name& name,
                          std::optional<PartitionId> partition) const {
  const std::string hash = HashOf(name);
  const PartitionId there = partition.value_or(PartitionOf(name));
  return StrCat(DeviceDir(node), "/", StorageDirectory(layout_.kind, there.value(), hash), "/",
                hash, ".db");
}

std::vector<DeviceId> Cluster::Primaries(const Name& name) const {
  std::vector<DeviceId> ids;
  for (const Device* device : ring_->PrimaryNodes(PartitionOf(name))) ids.push_back(device->id);
  return ids;
}

DeviceId Cluster::Handoff(const Name& name) const {
  Handoffs handoffs = ring_->HandoffsOf(PartitionOf(name));
  const Device* first = handoffs.Next();
  CHECK(first != nullptr);
  return first->id;
}

bool Cluster::Exists(DeviceId node, const Name& name) const {
  return !ListDbFiles(Path(node, name)).value().empty();
}

std::vector<std::string> Cluster::Databases(DeviceId node) const {
  const std::string root = StrCat(DeviceDir(node), "/", DbKindFolder(layout_.kind));
  std::vector<std::string> paths;
  if (!std::filesystem::exists(root)) return paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().extension() == ".db") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// ---- Contents

std::string Cluster::At(int seconds) { return StrCat(1'700'000'000 + seconds, ".00000"); }

std::string Cluster::Create(const std::string& path, const Name& name) {
  NewDatabase database;
  database.kind = layout_.kind;
  database.path = path;
  database.account = name.account;
  if (layout_.kind == DbKind::kContainer) database.container = name.container;
  database.put_timestamp = At(-100);
  CHECK(CreateDatabase(database, clock_, random_).has_value());
  return path;
}

std::unique_ptr<DatabaseBroker> Cluster::Broker(const std::string& path) {
  BrokerOptions options;
  options.clock = &clock_;
  options.random = &random_;
  if (layout_.kind == DbKind::kAccount) return std::make_unique<AccountBroker>(path, options);
  return std::make_unique<ContainerBroker>(path, options);
}

ContainerBroker Cluster::Container(const std::string& path) {
  BrokerOptions options;
  options.clock = &clock_;
  options.random = &random_;
  return ContainerBroker(path, options);
}

void Cluster::AddRows(const std::string& path, const std::string& prefix, int count, int seconds,
                      bool deleted) {
  std::string rows;
  const std::string time = At(seconds);
  for (int i = 0; i < count; ++i) {
    rows += StrCat(rows.empty() ? "" : ", ", R"({"name": ")", prefix, i, R"(", "deleted": )",
                   deleted ? 1 : 0, R"(, "storage_policy_index": 0, )");
    if (layout_.kind == DbKind::kAccount) {
      rows += StrCat(R"("put_timestamp": ")", deleted ? At(seconds - 1) : time,
                     R"(", "delete_timestamp": ")", deleted ? time : "0",
                     R"(", "object_count": 0, "bytes_used": 0})");
    } else {
      rows +=
          StrCat(R"("created_at": ")", time, R"(", "size": 1, "content_type": "t", "etag": "e"})");
    }
  }
  const auto added = Broker(path)->MergeItemsJson(StrCat("[", rows, "]"), std::nullopt);
  CHECK(added.has_value());
}

std::string Cluster::Contents(const std::string& path) {
  const auto broker = Broker(path);
  const auto info = broker->GetReplicationInfo();
  if (!info) return StrCat("unreadable: ", info.error().message);
  std::string metadata;
  Metadata items = ParseMetadata(info->metadata).value();
  std::sort(items.begin(), items.end(),
            [](const MetadataItem& a, const MetadataItem& b) { return a.name < b.name; });
  const bool is_account = layout_.kind == DbKind::kAccount;
  const std::string rows = QueryText(
      broker->DbFile().value(),
      is_account
          ? "SELECT name, put_timestamp, delete_timestamp, object_count, bytes_used, deleted,"
            " storage_policy_index FROM container ORDER BY name"
          : "SELECT name, created_at, size, content_type, etag, deleted, storage_policy_index"
            " FROM object ORDER BY name, storage_policy_index");
  return StrCat(rows, "created ", info->created_at, " put ", info->put_timestamp, " delete ",
                info->delete_timestamp, " hash ", info->hash, " count ", info->count, " policy ",
                info->storage_policy_index, " metadata ", DumpMetadata(items), "\n");
}

std::string Cluster::Contents(DeviceId node, const Name& name) {
  return Exists(node, name) ? Contents(Path(node, name)) : "none";
}

bool Cluster::Logged(std::string_view part) const {
  return std::any_of(log.begin(), log.end(), [part](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

// ---- Replication

// newid comes after everything was merged: no point of ours is noted as the sender's, and the
// sender's is our last row.
void Cluster::TakeFileLikeSwift(DeviceId node, const HttpRequest& request) {
  const auto parts = Split(request.head.target, '/');  // "", device, partition, hash
  const auto partition = ParseInt<std::uint32_t>(parts.at(2)).value();
  const std::string path =
      StrCat(DeviceDir(node), "/", StorageDirectory(layout_.kind, partition, parts.at(3)), "/",
             parts.at(3), ".db");
  const auto body = ParseJson(request.body).value();
  const std::string sender_id = *body.AsArray()->at(1).AsString();
  const std::string table = layout_.kind == DbKind::kAccount ? "container" : "object";
  const auto connection = Connection::Open(ListDbFiles(path).value().back()).value();
  const auto done = connection->Execute(
      StrCat("DELETE FROM outgoing_sync WHERE remote_id = '", sender_id,
             "'; UPDATE incoming_sync SET sync_point = IFNULL((SELECT MAX(ROWID) FROM ", table,
             "), -1) WHERE remote_id = '", sender_id, "'"));
  CHECK(done.has_value());
}

Result<HttpResponse> Cluster::Ask(const Device& device, const HttpRequest& request) {
  requests.push_back(StrCat(device.device, " ", OpOf(request)));
  if (way.before) {
    if (auto instead = way.before(device, request)) return *std::move(instead);
  }
  HttpRequest as_seen = request;
  if (nodes_[device.id].is_swift) as_seen.head.headers.Remove(kOwnPeerHeader);
  Result<HttpResponse> response = nodes_[device.id].service->Handle(as_seen);
  if (nodes_[device.id].is_swift) {
    response->head.headers.Remove(kOwnPeerHeader);
    response->head.headers.Remove(kShardRangesHeader);
    const bool took_file = OpOf(request).find("rsync") != std::string::npos;
    if (took_file && response->head.status == 204) TakeFileLikeSwift(device.id, request);
  }
  if (way.after) way.after(device, request, response);
  return response;
}

PassStats Cluster::Visit(DeviceId node, const std::string& path) {
  const std::filesystem::path partition =
      std::filesystem::path(path).parent_path().parent_path().parent_path().filename();
  FoundDatabase found;
  found.partition = PartitionId(ParseInt<std::uint32_t>(partition.string()).value());
  found.path = path;
  found.device_id = node;
  const VisitTools tools{.options = nodes_[node].options,
                         .ask = [this](const Device& device, const HttpRequest& request,
                                       std::chrono::milliseconds) { return Ask(device, request); },
                         .files = *files_,
                         .brakes = *nodes_[node].brakes,
                         .stop = stop.get_token(),
                         .post_visit = nullptr,
                         .spares = &spares_};
  return ReplicateDatabase(tools, *ring_, found);
}

PassStats Cluster::Pass(DeviceId node) {
  NewBrakes(node);
  PassStats stats;
  for (const std::string& path : Databases(node)) stats += Visit(node, path);
  return stats;
}

}  // namespace dbrepl
