// The store that Swift's container-sync daemon reads: for each local container that is to be synced
// to another a symlink to its database, under sync_containers where the database lies under
// containers (swift-reference.md section 1.8). Swift's servers and replicators keep it as well, at
// the same time; what one of them did already is fine. Thread-safe.
#pragma once

#include <string>

#include "broker/container_broker.h"
#include "broker/metadata.h"
#include "common/result.h"

namespace dbrepl {

// Where the link to a database lies: the last "containers" of the path becomes "sync_containers".
// No such part: kBadInput.
Result<std::string> SyncStorePath(const std::string& db_path);

// False: neither X-Container-Sync-To nor X-Container-Sync-Key was ever set, so that the container
// is none of the store's business.
bool MaySync(const Metadata& metadata);

// As the container's metadata says: both X-Container-Sync-To and X-Container-Sync-Key set: there is
// a link; neither was ever set: nothing is looked at; else, and for a deleted container: no link.
Result<> UpdateSyncStore(ContainerBroker& broker);

// Removes the links to a database, of all its epochs, and directories that become empty, as far up
// as sync_containers. None is fine.
Result<> RemoveFromSyncStore(const std::string& db_path);

}  // namespace dbrepl
