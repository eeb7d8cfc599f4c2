// Rows that lie in the wrong storage policy on their way to Swift's container-reconciler: entries
// in local databases .misplaced_objects/<hour>, which are replicated like all others at the end of
// the pass (swift-reference.md section 5.7).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/object_row.h"
#include "common/ids.h"
#include "common/mutex.h"
#include "common/random.h"
#include "common/result.h"
#include "replicator/found_database.h"
#include "replicator/pass_options.h"
#include "ring/device.h"
#include "ring/ring.h"

namespace dbrepl {

inline constexpr std::string_view kMisplacedObjectsAccount = ".misplaced_objects";

// The container for a row with this created_at: the hour of its latest change in seconds since
// 1970. Not a row's times: kBadInput.
Result<std::string> ReconcilerContainer(std::string_view created_at);

// The entry for a misplaced row of the container `root_path` ("<account>/<container>").
ObjectItem ReconcilerEntry(const ObjectRow& misplaced, std::string_view root_path);

// Where a partition's queue is kept on this node: on the first of its primaries that is local, else
// on a random one of the local devices that have weight, else on any. nullptr: there is none.
const Device* LocalHandoff(const Ring& ring, PartitionId partition,
                           const std::vector<DeviceId>& local_devices, Random& random);

// The queues of one pass. Thread-safe.
class ReconcilerQueue {
 public:
  // The options outlive it. `local_devices`: those that the pass walks.
  ReconcilerQueue(const PassOptions& options, std::vector<DeviceId> local_devices);
  ~ReconcilerQueue();

  // Puts entries into the local database of this container; all of one pass go to the same. It is
  // created if need be. Errors of CreateDatabase and MergeItems, in Swift's words; kNotFound: there
  // is no local device. Merging the same entries again, here or on other nodes, changes nothing.
  Result<> Add(const Ring& ring, const std::string& container, std::vector<ObjectItem> entries);

  // The databases that entries were put into.
  std::vector<FoundDatabase> Databases() const;

 private:
  struct Queue;

  std::shared_ptr<Queue> QueueFor(const std::string& container);
  Result<FoundDatabase> Open(const Ring& ring, const std::string& container) const;

  const PassOptions& options_;
  const std::vector<DeviceId> local_devices_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Queue>> queues_ GUARDED_BY(mutex_);
};

}  // namespace dbrepl
