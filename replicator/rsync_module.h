// The option rsync_module: where on a peer rsync puts files, as a template over the keys of the
// peer's device (swift-reference.md section 5.5). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "ring/device.h"

namespace dbrepl {

// The module a template names for a device: {ip}, {port}, {replication_ip}, {replication_port},
// {region}, {zone}, {device} and {meta} replaced, IPv6 addresses in brackets, "{{" and "}}" for
// braces. Any other variable, a format ("{port:05}"), a brace alone: kBadInput.
Result<std::string> ExpandRsyncModule(std::string_view module_template, const Device& node);
// For the start-up: the error that ExpandRsyncModule would return for every device.
Result<> ValidateRsyncModule(std::string_view module_template);

}  // namespace dbrepl
