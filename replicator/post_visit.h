// What a container's visit does besides bringing rows into agreement: it keeps the sync store,
// hands misplaced rows to the reconciler, and leaves the reconciler's own databases where they are
// until the end of the pass (swift-reference.md section 5.7).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "broker/container_broker.h"
#include "broker/metadata.h"
#include "broker/replication_info.h"
#include "common/mutex.h"
#include "common/result.h"
#include "replicator/found_database.h"
#include "replicator/pass_options.h"
#include "replicator/reconciler_queue.h"
#include "ring/ring.h"

namespace dbrepl {

// One for each pass of a container replicator. Thread-safe.
class PostVisit {
 public:
  // The options outlive it. `local_devices`: those that the pass walks.
  PostVisit(const PassOptions& options, std::vector<DeviceId> local_devices, std::stop_token stop);

  // When AfterPeers would change nothing, by what was read before the peers were asked and what
  // they told: no row came in since the reconciler's point, and the container is not synced with
  // another cluster.
  static bool HasNothingToDo(const ReplicationInfo& info, RowId reconciler_point,
                             const Metadata& known_metadata);

  // To be called when all peers were visited: Swift's _post_replicate_hook. `info` is from before
  // they were; `responses` tells of each peer whether it has everything now. Returns where the
  // reconciler's point is to be set (ContainerBroker::UpdateReconcilerSync), nullopt: it stays. It
  // moves only with a majority of the peers, and never past a row that could not be handed over;
  // what went wrong with such rows and with the sync store is in the log already. Errors: the
  // container cannot be read.
  Result<std::optional<RowId>> AfterPeers(const Ring& ring, ContainerBroker& broker,
                                          const ReplicationInfo& info,
                                          const std::vector<bool>& responses);

  // To be called when all is ready to remove a database. False: it is one of the reconciler's, into
  // which other visits may still put entries. That it was to be removed is remembered, and it has
  // to stay; Swift counts that as a failure of its peers.
  bool MayRemove(const ReplicationInfo& info, const FoundDatabase& found);

  // To be called when the walk is over. Lets `visit_all` visit the databases that received entries,
  // and then those that were to be removed, which MayRemove allows from now on.
  void AfterWalk(const std::function<void(const std::vector<FoundDatabase>&)>& visit_all);

 private:
  // What there is to hand over, as of one moment.
  struct Misplaced {
    bool is_single_policy = false;  // there can be none, and the point is behind
    RowId point = -1;               // handed over so far
    RowId max_row = -1;
    std::vector<StoredObject> first_rows{};
  };
  Result<Misplaced> ReadMisplaced(ContainerBroker& broker, const ReplicationInfo& info);
  // Returns up to where everything is handed over.
  Result<RowId> DumpToReconciler(const Ring& ring, ContainerBroker& broker, Misplaced found);
  // False: not all of them could be handed over.
  bool Enqueue(const Ring& ring, const std::vector<StoredObject>& misplaced,
               const std::string& root_path, const std::string& db_path);

  const PassOptions& options_;
  const std::stop_token stop_;
  ReconcilerQueue queue_;
  Mutex mutex_;
  bool defers_removal_ GUARDED_BY(mutex_) = true;
  std::map<std::string, FoundDatabase> to_remove_ GUARDED_BY(mutex_);  // by path
};

}  // namespace dbrepl
