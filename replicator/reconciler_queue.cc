#include "replicator/reconciler_queue.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "broker/container_broker.h"
#include "broker/create.h"
#include "broker/db_path.h"
#include "common/hash_path.h"
#include "common/strings.h"
#include "common/timestamp.h"

namespace dbrepl {
namespace {

constexpr std::int64_t kSecondsPerHour = 3600;

}  // namespace

// One database, filled by one worker at a time: several would only wait for each other in SQLite.
struct ReconcilerQueue::Queue {
  Mutex mutex;
  std::optional<FoundDatabase> database GUARDED_BY(mutex);  // nullopt: not there yet
};

Result<std::string> ReconcilerContainer(std::string_view created_at) {
  TRY_ASSIGN(const RowTimes times, DecodeRowTimes(created_at));
  const std::int64_t seconds = times.metadata.units() / Timestamp::kUnitsPerSecond;
  return StrCat(seconds / kSecondsPerHour * kSecondsPerHour);
}

ObjectItem ReconcilerEntry(const ObjectRow& misplaced, std::string_view root_path) {
  ObjectItem entry;
  entry.row.name = StrCat(misplaced.storage_policy_index, ":/", root_path, "/", misplaced.name);
  entry.row.created_at = misplaced.created_at;
  entry.row.etag = misplaced.created_at;
  entry.row.content_type = misplaced.deleted == 0 ? "application/x-put" : "application/x-delete";
  return entry;
}

const Device* LocalHandoff(const Ring& ring, PartitionId partition,
                           const std::vector<DeviceId>& local_devices, Random& random) {
  const auto is_local = [&](DeviceId id) {
    return std::find(local_devices.begin(), local_devices.end(), id) != local_devices.end();
  };
  for (const Device* primary : ring.PrimaryNodes(partition))
    if (is_local(primary->id)) return primary;
  std::vector<const Device*> all;
  std::vector<const Device*> weighted;
  for (const DeviceId id : local_devices) {
    const Device* device = ring.FindDevice(id);
    if (device == nullptr) continue;  // a new ring is without it
    all.push_back(device);
    if (device->weight > 0) weighted.push_back(device);
  }
  const std::vector<const Device*>& candidates = weighted.empty() ? all : weighted;
  return candidates.empty() ? nullptr : candidates[random.Below(candidates.size())];
}

ReconcilerQueue::ReconcilerQueue(const PassOptions& options, std::vector<DeviceId> local_devices)
    : options_(options), local_devices_(std::move(local_devices)) {}

ReconcilerQueue::~ReconcilerQueue() = default;

Result<> ReconcilerQueue::Add(const Ring& ring, const std::string& container,
                              std::vector<ObjectItem> entries) {
  const std::shared_ptr<Queue> queue = QueueFor(container);
  const MutexLock lock(queue->mutex);
  if (!queue->database) {
    auto opened = Open(ring, container);
    if (!opened) {
      return Fail(std::move(opened).error().Within(
          StrCat("Failed to get reconciler broker for container ", container)));
    }
    queue->database = *std::move(opened);
  }
  const std::string& path = queue->database->path;
  const std::size_t count = entries.size();
  options_.logger.Debug("Adding ", count, " objects to the reconciler at ", path);
  BrokerOptions broker_options;
  broker_options.clock = options_.clock;
  broker_options.random = options_.random;
  auto merged = ContainerBroker(path, broker_options).MergeItems(std::move(entries));
  if (merged) return {};
  return Fail(std::move(merged).error().Within(StrCat(
      "UNHANDLED EXCEPTION: trying to merge ", count, " items to reconciler container ", path)));
}

std::vector<FoundDatabase> ReconcilerQueue::Databases() const {
  const MutexLock lock(mutex_);
  std::vector<FoundDatabase> databases;
  for (const auto& [container, queue] : queues_) {
    const MutexLock queue_lock(queue->mutex);
    if (queue->database) databases.push_back(*queue->database);
  }
  return databases;
}

std::shared_ptr<ReconcilerQueue::Queue> ReconcilerQueue::QueueFor(const std::string& container) {
  const MutexLock lock(mutex_);
  std::shared_ptr<Queue>& queue = queues_[container];
  if (queue == nullptr) queue = std::make_shared<Queue>();
  return queue;
}

Result<FoundDatabase> ReconcilerQueue::Open(const Ring& ring, const std::string& container) const {
  TRY_ASSIGN(const Md5Digest digest,
             HashPath(options_.hash_path, kMisplacedObjectsAccount, container));
  const PartitionId partition = ring.PartitionOf(digest);
  const Device* const device = LocalHandoff(ring, partition, local_devices_, *options_.random);
  if (device == nullptr) {
    return Fail(Errc::kNotFound, "Cannot find local handoff; no local devices");
  }
  if (device->weight <= 0 && !ring.PrimaryNodes(partition).Contains(device->id)) {
    options_.logger.Warning("Could not find a non-zero weight device for handoff partition ",
                            partition.value(), ", falling back device ", device->device);
  }
  const std::string hash = ToHex(digest);
  NewDatabase database;
  database.path =
      StrCat(options_.devices, "/", device->device, "/",
             StorageDirectory(DbKind::kContainer, partition.value(), hash), "/", hash, ".db");
  database.account = kMisplacedObjectsAccount;
  database.container = container;
  database.put_timestamp = container;  // as it is, not in normal form, like Swift's
  const auto created = CreateDatabase(database, *options_.clock, *options_.random);
  if (!created && created.error().code != Errc::kExists) return Fail(created.error());
  if (options_.statsd != nullptr)
    options_.statsd->Increment(created ? "reconciler_db_created" : "reconciler_db_exists");
  return FoundDatabase{partition, database.path, device->id};
}

}  // namespace dbrepl
