#include "replicator/replicate_service.h"

#include <utility>

#include "common/strings.h"
#include "replicator/drive.h"
#include "replicator/request_path.h"

namespace dbrepl {

namespace {

constexpr std::size_t kLongBody = 64U * 1024;

}  // namespace

ReplicateService::ReplicateService(ReplicateOptions options) : options_(std::move(options)) {}

WorkOrder ReplicateService::OrderFor(const HttpRequest& request) const {
  WorkOrder order;
  const auto parsed = ParseRequestPath(request.head.target);
  const auto* path = std::get_if<RequestPath>(&parsed);
  order.key =
      path != nullptr ? StrCat(path->device.value(), "/", path->hash.value()) : request.head.target;
  order.length = request.body.size() >= kLongBody ? JobLength::kLong : JobLength::kShort;
  return order;
}

HttpResponse ReplicateService::Handle(const HttpRequest& request) const {
  const auto parsed = ParseRequestPath(request.head.target);
  if (const auto* refusal = std::get_if<HttpResponse>(&parsed)) return *refusal;
  const auto* path = std::get_if<RequestPath>(&parsed);
  const auto device = CheckDrive(options_.devices, path->device, options_.mount_check);
  if (!device) return InsufficientStorage(path->device.value());
  if (!CheckFreeSpace(*device, options_.fallocate_reserve))
    return InsufficientStorage(path->device.value());
  return MakePage(404, "The resource could not be found.");
}

}  // namespace dbrepl
