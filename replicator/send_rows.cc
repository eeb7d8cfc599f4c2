#include "replicator/send_rows.h"

#include <chrono>
#include <vector>

#include "common/strings.h"

namespace dbrepl {

namespace {

struct Sent {
  std::int64_t point;   // the last row that the peer has
  bool is_all = false;  // nothing is left
  bool peer_failed = false;
};

Result<Sent> SendBatches(PeerStep& step, std::int64_t point) {
  DatabaseVisit& visit = step.visit;
  const PassOptions& options = visit.options();
  Sent sent{point};
  for (int batches = 0;; ++batches) {
    TRY_ASSIGN(const ItemsPage page, visit.broker.ItemsSince(sent.point, options.per_diff));
    sent.is_all = page.count == 0;
    if (sent.is_all || batches >= options.max_diffs) return sent;
    TRY(GoOn(visit));
    TRY_ASSIGN(const bool merged, PeerDid(visit, step.peer.MergeItems(page.rows, visit.info.id)));
    sent.peer_failed = !merged;
    if (sent.peer_failed) return sent;
    sent.point = page.last_row;
    sent.is_all = page.count < options.per_diff;  // as of when they were read
    if (sent.is_all) return sent;
  }
}

}  // namespace

Result<bool> SendRows(PeerStep& step, std::int64_t point) {
  DatabaseVisit& visit = step.visit;
  const PassOptions& options = visit.options();
  const auto begin = options.clock->SteadyNow();
  visit.Count(&PassStats::diff, "diffs");
  visit.logger().Debug(visit.path(), " usyncing chunks to ", step.PeerForClients(),
                       ", starting at row ", point);
  // Before the rows: a point that is raised meanwhile may speak of rows that are not sent.
  TRY_ASSIGN(const std::vector<SyncPoint> points, visit.broker.GetSyncs(SyncDirection::kIncoming));
  TRY_ASSIGN(const Sent sent, SendBatches(step, point));
  if (sent.peer_failed) return false;
  const std::chrono::duration<double> took = options.clock->SteadyNow() - begin;
  visit.logger().Debug(visit.path(), " usyncing chunks to ", step.PeerForClients(),
                       ", finished at row ", sent.point, " (", took.count(), "s)");
  if (!sent.is_all) {
    visit.logger().Debug("Synchronization for ", visit.path(), " has fallen more than ",
                         std::int64_t{options.max_diffs} * options.per_diff,
                         " rows behind; moving on and will try again next pass.");
    visit.Count(&PassStats::diff_capped, "diff_caps");
    return false;
  }
  TRY_ASSIGN(const bool told, PeerDid(visit, step.peer.MergeSyncs(points)));
  if (!told) return false;
  visit.notes.outgoing.push_back({step.answer.info.id, sent.point});
  return true;
}

}  // namespace dbrepl
