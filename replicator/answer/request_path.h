// The target of a REPLICATE request, "/<device>/<partition>/<hash>", taken apart and judged
// (swift-reference.md section 4.2). Pure, thread-safe.
#pragma once

#include <string_view>
#include <variant>

#include "common/ids.h"
#include "replicator/shared/wire_names.h"
#include "rpc/http_message.h"

namespace dbrepl {

struct RequestPath {
  DriveName device;
  PartitionId partition;
  DbHash hash;
};

// The target as it stands on the request line: a query is left out, %xx are decoded. Refused with
// the answer for the client: text that is not UTF-8 or holds NUL 412; not three parts, or a device
// or partition that is empty, "." or ".." 400; a device whose name no device has 507, as Swift; and
// other than Swift, a partition that is no plain decimal number or a hash that is not 32 lower-case
// hex digits 400.
std::variant<RequestPath, HttpResponse> ParseRequestPath(std::string_view target);

// 507 and the page that names the drive, as Swift's servers word it.
HttpResponse InsufficientStorage(std::string_view drive);

}  // namespace dbrepl
