#include "replicator/visit_notes.h"

#include <utility>

#include "broker/container_broker.h"
#include "broker/transaction.h"

namespace dbrepl {

Result<> WriteNotes(DatabaseBroker& broker, VisitNotes& notes) {
  const VisitNotes written = std::exchange(notes, {});
  if (written.empty()) return {};
  TRY_ASSIGN(Transaction all, broker.Lock());
  for (const PeerTimestamps& peer : written.timestamps)
    TRY(broker.MergeTimestamps(peer.created_at, peer.put_timestamp, peer.delete_timestamp));
  TRY(broker.MergeSyncs(written.outgoing, SyncDirection::kOutgoing));
  TRY(broker.MergeSyncs(written.incoming, SyncDirection::kIncoming));
  if (auto* container = dynamic_cast<ContainerBroker*>(&broker);
      container != nullptr && written.reconciler_point) {
    TRY(container->UpdateReconcilerSync(*written.reconciler_point));
  }
  return all.Commit();
}

}  // namespace dbrepl
