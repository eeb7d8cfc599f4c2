// What the steps of one visit to one database share. Lives for one visit, on one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/container_broker.h"
#include "broker/database_broker.h"
#include "broker/metadata.h"
#include "broker/replication_info.h"
#include "broker/shard_range.h"
#include "broker/sync_points.h"
#include "common/ids.h"
#include "replicator/found_database.h"
#include "replicator/pass_stats.h"
#include "replicator/peer_replica.h"
#include "replicator/replicate_database.h"
#include "replicator/visit_notes.h"

namespace dbrepl {

// A peer that has our file in its tmp and is to merge its own rows into it (merge_files.h).
struct SentFile {
  const Device* node;
  std::string file;      // ours
  std::int64_t max_row;  // ours when it was sent
  SyncAnswer answer;     // the peer's state before
  bool is_other_region;
  bool lacks_shard_ranges;  // it did not take ours, so that it will not have everything
};

// A peer that has taken our file in this visit (file_receivers.h).
struct FileReceiver {
  const Device* node;
  std::string id;        // of its replica since
  std::int64_t max_row;  // ours when the file was sent
  bool has_own_rows;     // it has merged its own rows into it
};

struct DatabaseVisit {
  const VisitTools& tools;
  const FoundDatabase& found;
  DatabaseBroker& broker;
  std::string hash;       // of its directory
  PartitionId partition;  // where it belongs
  // Before any peer was asked, of one moment. Peers are told this, whatever is merged meanwhile, as
  // in Swift.
  ReplicationInfo info{};
  std::vector<SyncPoint> outgoing{};  // up to where peers are known to have our rows
  RowId reconciler_point = -1;        // of a container: up to where its rows were looked at
  // What is known of metadata and timestamps: ours and all that peers answered. Anything beyond it
  // that turns up in the database later came from elsewhere and was not sent.
  Metadata known_metadata{};
  std::string known_put_timestamp{};
  std::string known_delete_timestamp{};
  bool met_shard_ranges = false;  // in the database or at a peer
  // The shard ranges as they were told to a peer last; nullopt: there was no occasion.
  std::optional<std::vector<ShardRange>> told_shard_ranges{};
  std::vector<SentFile> sent_files{};
  std::vector<FileReceiver> file_receivers{};
  VisitNotes notes{};
  PassStats stats{};

  const PassOptions& options() const { return tools.options; }
  const Logger& logger() const { return tools.options.logger; }
  const std::string& path() const { return found.path; }
  // nullptr for an account.
  ContainerBroker* container() const { return dynamic_cast<ContainerBroker*>(&broker); }
  // One more of this kind, for recon and StatsD.
  void Count(std::int64_t PassStats::*counter, std::string_view metric) {
    ++(stats.*counter);
    Increment(metric);
  }
  void Increment(std::string_view metric) const {
    if (options().statsd != nullptr) options().statsd->Increment(metric);
  }
};

// Options of the visit's brokers: the pass's clock, random and log, Swift's timeouts.
BrokerOptions VisitBrokerOptions(const PassOptions& options);

}  // namespace dbrepl
