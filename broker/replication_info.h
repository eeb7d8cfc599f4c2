// What a database says about itself to peers and people (swift-reference.md section 3.13). Plain
// data.
#pragma once

#include <cstdint>
#include <string>

#include "broker/db_kind.h"
#include "common/json.h"

namespace dbrepl {

// Timestamps are raw text as stored: "0" is possible and is not "0000000000.00000".
struct ReplicationInfo {
  DbKind kind = DbKind::kContainer;
  std::string account;
  std::string created_at;
  std::string put_timestamp;
  std::string delete_timestamp;
  std::string status_changed_at;
  std::string hash;  // of all rows, 32 hex digits
  std::string id;
  std::string metadata;           // JSON text; empty when there is none
  std::int64_t count = 0;         // containers of an account, objects of a container; not deleted
  std::int64_t object_count = 0;  // of an account: in all its containers; of a container: = count
  std::int64_t bytes_used = 0;
  std::int64_t max_row = -1;  // the highest ROWID ever given; -1: none was

  // Containers only.
  std::string container;
  std::string status;
  std::string reported_put_timestamp;
  std::string reported_delete_timestamp;
  std::int64_t reported_object_count = 0;
  std::int64_t reported_bytes_used = 0;
  std::int64_t x_container_sync_point1 = -1;
  std::int64_t x_container_sync_point2 = -1;
  std::int64_t storage_policy_index = 0;
  std::string db_state;  // "unsharded", "sharding", "sharded", "collapsed" or "not_found"
  std::int64_t shard_max_row = -1;
};

// The same and how far a peer's rows are here.
struct ReplicationState {
  ReplicationInfo info;
  std::int64_t incoming_point = -1;  // the peer's ROWID; -1: the peer is unknown
};

// Members in the order in which Swift sends them for this kind.
JsonValue ToJson(const ReplicationInfo& info);

}  // namespace dbrepl
