#include "replicator/peer_replica.h"

#include <utility>

#include "common/strings.h"
#include "replicator/peer_answers.h"
#include "replicator/shared/own_peer.h"
#include "replicator/shared/wire_values.h"
#include "rpc/replicate_client.h"

namespace dbrepl {

namespace {

std::string HostPort(const Device& node) {
  const bool is_ipv6 = node.replication_ip.find(':') != std::string::npos;
  return StrCat(is_ipv6 ? "[" : "", node.replication_ip, is_ipv6 ? "]" : "", ":",
                node.replication_port);
}

// Paths and names come first in an answer that is an error, the problem and what to do come last.
std::string Shortened(std::string_view answer) {
  constexpr std::size_t kBeginning = 150;
  constexpr std::size_t kEnd = 250;
  if (answer.size() <= kBeginning + kEnd) return Printable(answer);
  return StrCat(Printable(answer.substr(0, kBeginning)), " ... ",
                Printable(answer.substr(answer.size() - kEnd)));
}

Errc CodeOf(int status) {
  if (status == 404) return Errc::kNotFound;
  if (status == 507) return Errc::kNoSpace;
  return Errc::kRejected;
}

JsonValue::Array Pieces(std::initializer_list<JsonValue> values) { return values; }

std::string JsonText(std::string_view text) { return DumpJson(JsonValue(text)); }

TimeBound TimesUntil(const Clock& clock) { return {clock.NowSeconds(), kMaxClockAhead}; }

}  // namespace

std::string PeerName(const Device& node) { return StrCat(HostPort(node), "/", node.device); }

PeerReplica::PeerReplica(const AskPeer& ask, const Device& node, PartitionId partition,
                         std::string_view hash, std::chrono::milliseconds node_timeout,
                         const Clock& clock)
    : ask_(ask),
      node_(node),
      target_(StrCat("/", node.device, "/", partition.value(), "/", hash)),
      node_timeout_(node_timeout),
      clock_(clock) {}

Result<HttpResponse> PeerReplica::Ask(std::string body, std::chrono::milliseconds timeout) {
  HttpRequest request = MakeReplicateRequest(target_, std::move(body));
  request.head.headers.Add(kOwnPeerHeader, kOwnPeerVersion);
  auto response = ask_(node_, request, timeout);
  if (!response) {
    return Fail(
        std::move(response).error().Within(StrCat("reading HTTP response from ", PeerName(node_))));
  }
  is_own_ = response->head.headers.Find(kOwnPeerHeader) != nullptr;
  const int status = response->head.status;
  if (status >= 200 && status < 300) return response;
  return Fail(CodeOf(status), StrCat("Bad response ", status, " from ", PeerName(node_), ": ",
                                     Shortened(response->body)));
}

Result<> PeerReplica::Order(std::string body, std::chrono::milliseconds timeout) {
  TRY(Ask(std::move(body), timeout));
  return {};
}

Result<SyncAnswer> PeerReplica::AskSync(const JsonValue& request) {
  TRY_ASSIGN(const HttpResponse response, Ask(DumpJson(request), node_timeout_));
  auto answer = ParseSyncAnswer(response, TimesUntil(clock_));
  if (!answer) return Fail(std::move(answer).error().Within(PeerName(node_)));
  return answer;
}

Result<SyncAnswer> PeerReplica::Sync(const ReplicationInfo& local, bool with_policy) {
  JsonValue::Array request = Pieces({"sync", local.max_row, local.hash, local.id, local.created_at,
                                     local.put_timestamp, local.delete_timestamp, local.metadata});
  if (with_policy) {
    request.emplace_back(local.status_changed_at);
    request.emplace_back(local.count);
    request.emplace_back(local.storage_policy_index);
  }
  return AskSync(request);
}

// A replica keeps the lesser created_at and the greater of the others, and believes a point only
// with an equal hash.
Result<SyncAnswer> PeerReplica::Probe(const std::string& now_timestamp,
                                      const std::string& local_id) {
  return AskSync(Pieces({"sync", -1, "", local_id, now_timestamp, "0", "0", ""}));
}

Result<> PeerReplica::MergeItems(std::string_view rows_json, std::string_view local_id) {
  return Order(StrCat("[\"merge_items\", ", rows_json, ", ", JsonText(local_id), "]"),
               node_timeout_);
}

Result<> PeerReplica::MergeSyncs(const std::vector<SyncPoint>& points) {
  JsonValue::Array list;
  list.reserve(points.size());
  for (const SyncPoint& point : points) {
    list.push_back(
        JsonValue::Object{{"remote_id", point.remote_id}, {"sync_point", point.sync_point}});
  }
  return Order(DumpJson(Pieces({"merge_syncs", std::move(list)})), node_timeout_);
}

Result<std::vector<ShardRange>> PeerReplica::GetShardRanges() {
  TRY_ASSIGN(const HttpResponse response, Ask("[\"get_shard_ranges\"]", node_timeout_));
  auto ranges = ParseShardRangesAnswer(response, TimesUntil(clock_));
  if (!ranges) return Fail(std::move(ranges).error().Within(PeerName(node_)));
  return ranges;
}

Result<> PeerReplica::MergeShardRanges(const std::vector<ShardRange>& ranges,
                                       std::string_view local_id) {
  JsonValue::Array list;
  list.reserve(ranges.size());
  for (const ShardRange& range : ranges) list.push_back(ToJson(range));
  return Order(DumpJson(Pieces({"merge_shard_ranges", std::move(list), local_id})), node_timeout_);
}

Result<std::string> PeerReplica::OrderToTakeFile(std::string body,
                                                 std::chrono::milliseconds timeout) {
  TRY_ASSIGN(const HttpResponse response, Ask(std::move(body), timeout));
  const std::string* id = response.head.headers.Find(kNewIdHeader);
  return is_own_ && id != nullptr && id->size() <= kMaxWireText ? *id : std::string();
}

Result<std::string> PeerReplica::CompleteRsync(std::string_view local_id,
                                               std::string_view db_file_name) {
  return OrderToTakeFile(DumpJson(Pieces({"complete_rsync", local_id, db_file_name})),
                         node_timeout_);
}

Result<std::string> PeerReplica::RsyncThenMerge(std::string_view local_id,
                                                std::string_view db_file_name,
                                                std::chrono::milliseconds timeout) {
  return OrderToTakeFile(DumpJson(Pieces({"rsync_then_merge", local_id, db_file_name})), timeout);
}

}  // namespace dbrepl
