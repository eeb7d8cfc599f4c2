#include "replicator/answer/replicate_service.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

#include "common/strings.h"
#include "replicator/answer/device_root.h"
#include "replicator/answer/file_ops.h"
#include "replicator/answer/merge_ops.h"
#include "replicator/answer/operation.h"
#include "replicator/answer/request_body.h"
#include "replicator/answer/request_path.h"
#include "replicator/answer/slow_phase.h"
#include "replicator/answer/sync_op.h"
#include "replicator/shared/drive.h"
#include "replicator/shared/own_peer.h"

namespace dbrepl {

namespace {

constexpr std::size_t kLongBody = std::size_t{64} << 10;

struct OpEntry {
  std::string_view name;
  enum { kBoth, kContainersOnly } kinds;
  enum { kNeedsDatabase, kTakesFile } target;
  OpFunction run;
};

constexpr OpEntry kOps[] = {
    {"sync", OpEntry::kBoth, OpEntry::kNeedsDatabase, RunSync},
    {"merge_items", OpEntry::kBoth, OpEntry::kNeedsDatabase, RunMergeItems},
    {"merge_syncs", OpEntry::kBoth, OpEntry::kNeedsDatabase, RunMergeSyncs},
    {"merge_shard_ranges", OpEntry::kContainersOnly, OpEntry::kNeedsDatabase, RunMergeShardRanges},
    {"get_shard_ranges", OpEntry::kContainersOnly, OpEntry::kNeedsDatabase, RunGetShardRanges},
    {"complete_rsync", OpEntry::kBoth, OpEntry::kTakesFile, RunCompleteRsync},
    {"rsync_then_merge", OpEntry::kBoth, OpEntry::kTakesFile, RunRsyncThenMerge},
};

// nullptr: no op of this kind's.
const OpEntry* FindOp(std::string_view name, DbKind kind) {
  const auto* found = std::find_if(std::begin(kOps), std::end(kOps), [&](const OpEntry& entry) {
    return entry.name == name && (entry.kinds == OpEntry::kBoth || kind == DbKind::kContainer);
  });
  return found == std::end(kOps) ? nullptr : found;
}

Result<HttpResponse> RunTimed(const OpEntry& entry, const Operation& operation) {
  const SlowPhase phase(operation, entry.name);
  return entry.run(operation);
}

// The steps behind the body, in Swift's order: an op is looked up only for a database that exists.
Result<HttpResponse> Dispatch(Operation& operation, const std::string& op) {
  const OpEntry* entry = FindOp(op, operation.options.kind);
  if (entry != nullptr && entry->target == OpEntry::kTakesFile) return RunTimed(*entry, operation);
  TRY(operation.device.OpenTmp(DeviceRoot::Missing::kMake));
  TRY_ASSIGN(operation.files, LookAtDatabase(operation.device, operation.options.kind,
                                             operation.path, TagWanted::kRead));
  if (!operation.files.exist) return NotFound();
  if (entry == nullptr)
    return Fail(Errc::kBadInput, StrCat("no op \"", op.substr(0, kMaxWireText), "\""));
  return RunTimed(*entry, operation);
}

// 507 for a device that is not there, is not mounted or has too little room, which is everyday life
// and no line in the log; it may also vanish between two looks at it.
HttpResponse RefuseDrive(const Error& error, const RequestPath& path, const Logger& logger) {
  if (error.code != Errc::kNoSpace && error.code != Errc::kNotFound)
    return AnswerError(error, logger);
  logger.Debug(error.message);
  return InsufficientStorage(path.device.value());
}

HttpResponse AnswerOn(const ReplicateOptions& options, ConnectionCache& connections,
                      ReplacedFiles& replaced_files, KnownStates& known_states,
                      SwiftReplicators& swift_replicators, const RequestPath& path,
                      std::string device_path, const HttpRequest& asked, const Logger& logger) {
  const auto body = ParseRequestBody(asked.body);
  if (const auto* refusal = std::get_if<HttpResponse>(&body)) {
    logger.Warning("REPLICATE refused: ", refusal->body);
    return *refusal;
  }
  const auto& request = std::get<RequestBody>(body);
  const auto device = DeviceRoot::Open(std::move(device_path));
  if (!device) return RefuseDrive(device.error(), path, logger);
  const bool is_from_own_peer = asked.head.headers.Find(kOwnPeerHeader) != nullptr;
  if (!is_from_own_peer) swift_replicators.HaveAsked();
  Operation operation{options,
                      connections,
                      replaced_files,
                      known_states,
                      path,
                      *device,
                      request.arguments,
                      TimeBound(options.clock->NowSeconds(), options.limits.max_clock_ahead),
                      logger,
                      is_from_own_peer,
                      swift_replicators.AreAround()};
  auto answer = Dispatch(operation, request.op);
  if (answer) return *std::move(answer);
  return AnswerError(std::move(answer).error().Within(Printable(request.op.substr(0, 40))), logger);
}

}  // namespace

ReplicateService::ReplicateService(ReplicateOptions options)
    : options_(std::move(options)),
      connections_(options_.kept_connections),
      known_states_(options_.known_states_bytes),
      swift_replicators_(*options_.clock),
      replaced_files_(options_.keep_replaced_files, *options_.clock) {}

WorkOrder ReplicateService::OrderFor(const HttpRequest& request) const {
  WorkOrder order;
  const auto parsed = ParseRequestPath(request.head.target);
  const auto* path = std::get_if<RequestPath>(&parsed);
  order.key =
      path != nullptr ? StrCat(path->device.value(), "/", path->hash.value()) : request.head.target;
  const std::string_view begin = std::string_view(request.body).substr(0, 40);
  const bool takes_file = begin.find("\"complete_rsync\"") != std::string_view::npos ||
                          begin.find("\"rsync_then_merge\"") != std::string_view::npos;
  const bool is_long = takes_file || request.body.size() >= kLongBody;
  order.length = is_long ? JobLength::kLong : JobLength::kShort;
  return order;
}

HttpResponse ReplicateService::Handle(const HttpRequest& request) const {
  HttpResponse response = Answer(request);
  response.head.headers.Add(kOwnPeerHeader, kOwnPeerVersion);
  return response;
}

HttpResponse ReplicateService::Answer(const HttpRequest& request) const {
  const std::string* transaction = request.head.headers.Find("X-Trans-Id");
  const Logger request_logger =
      transaction == nullptr ? options_.logger : options_.logger.ForTransaction(*transaction);
  const auto parsed = ParseRequestPath(request.head.target);
  if (const auto* refusal = std::get_if<HttpResponse>(&parsed)) {
    request_logger.Warning("REPLICATE refused: ", Printable(request.head.target.substr(0, 1024)));
    return *refusal;
  }
  const auto& path = std::get<RequestPath>(parsed);
  const Logger logger = request_logger.About(
      StrCat("/", path.device.value(), "/", path.partition.value(), "/", path.hash.value()));
  auto device = CheckDrive(options_.devices, path.device, options_.mount_check);
  if (!device) return RefuseDrive(device.error(), path, logger);
  if (const auto room = CheckFreeSpace(*device, options_.fallocate_reserve); !room)
    return RefuseDrive(room.error(), path, logger);
  if (request.body.size() > options_.limits.max_body_bytes) {
    logger.Warning("REPLICATE refused: a body of ", request.body.size(), " bytes");
    return MakeResponse(400, "text/plain", "the body is too long");
  }
  replaced_files_.Purge();
  return AnswerOn(options_, connections_, replaced_files_, known_states_, swift_replicators_, path,
                  *std::move(device), request, logger);
}

}  // namespace dbrepl
