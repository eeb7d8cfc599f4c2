#include "replicator/visit_notes.h"

#include <utility>

#include "broker/container_broker.h"
#include "broker/transaction.h"

namespace dbrepl {

namespace {

Result<> WriteAll(DatabaseBroker& broker, std::string_view id, const VisitNotes& notes) {
  TRY_ASSIGN(Transaction all, broker.Lock());
  TRY_ASSIGN(const std::string id_now, broker.GetId());
  if (id_now != id) return {};
  for (const PeerTimestamps& peer : notes.timestamps)
    TRY(broker.MergeTimestamps(peer.created_at, peer.put_timestamp, peer.delete_timestamp));
  TRY(broker.MergeSyncs(notes.outgoing, SyncDirection::kOutgoing));
  TRY(broker.MergeSyncs(notes.incoming, SyncDirection::kIncoming));
  if (auto* container = dynamic_cast<ContainerBroker*>(&broker);
      container != nullptr && notes.reconciler_point) {
    TRY(container->UpdateReconcilerSync(*notes.reconciler_point));
  }
  return all.Commit();
}

}  // namespace

Result<> WriteNotes(DatabaseBroker& broker, std::string_view id, VisitNotes& notes) {
  const VisitNotes taken = std::exchange(notes, {});
  if (taken.empty()) return {};
  auto written = WriteAll(broker, id, taken);
  const bool is_gone = !written && written.error().code == Errc::kNotFound;
  return is_gone ? Result<>() : written;
}

}  // namespace dbrepl
