#include "broker/replication_info.h"

namespace dbrepl {

namespace {

JsonValue::Object AccountMembers(const ReplicationInfo& info) {
  return {{"account", info.account},
          {"created_at", info.created_at},
          {"put_timestamp", info.put_timestamp},
          {"delete_timestamp", info.delete_timestamp},
          {"status_changed_at", info.status_changed_at},
          {"object_count", info.object_count},
          {"bytes_used", info.bytes_used},
          {"hash", info.hash},
          {"id", info.id},
          {"count", info.count},
          {"metadata", info.metadata},
          {"max_row", info.max_row}};
}

JsonValue::Object ContainerMembers(const ReplicationInfo& info) {
  return {{"account", info.account},
          {"container", info.container},
          {"created_at", info.created_at},
          {"put_timestamp", info.put_timestamp},
          {"delete_timestamp", info.delete_timestamp},
          {"status", info.status},
          {"status_changed_at", info.status_changed_at},
          {"bytes_used", info.bytes_used},
          {"reported_put_timestamp", info.reported_put_timestamp},
          {"reported_delete_timestamp", info.reported_delete_timestamp},
          {"reported_object_count", info.reported_object_count},
          {"reported_bytes_used", info.reported_bytes_used},
          {"hash", info.hash},
          {"id", info.id},
          {"x_container_sync_point1", info.x_container_sync_point1},
          {"x_container_sync_point2", info.x_container_sync_point2},
          {"storage_policy_index", info.storage_policy_index},
          {"db_state", info.db_state},
          {"count", info.count},
          {"metadata", info.metadata},
          {"max_row", info.max_row},
          {"shard_max_row", info.shard_max_row}};
}

}  // namespace

JsonValue ToJson(const ReplicationInfo& info) {
  return info.kind == DbKind::kAccount ? AccountMembers(info) : ContainerMembers(info);
}

}  // namespace dbrepl
