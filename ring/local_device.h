// Which devices of a ring are this machine's: its addresses, and Swift's rule for comparing them
// (swift-reference.md section 2.8). Thread-safe; asks the system each time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace dbrepl {

// The addresses a server configured with `bind_ip` answers on: [bind_ip] itself when that is a
// literal address other than 0.0.0.0 and ::, otherwise (empty, a wildcard, a host name) every
// address of every interface, loopback included, IPv6 in its shortest form. The system refuses to
// list them: kIo.
Result<std::vector<std::string>> WhatAreMyIps(const std::string& bind_ip);

// Whether a device at this address is served here: its address, or one of those its host name
// resolves to, is among `my_ips`, and its port is `my_port` (any port when that is nullopt). A
// host name that does not resolve is nobody's. May block on the resolver.
bool IsLocalDevice(const std::vector<std::string>& my_ips, std::optional<int> my_port,
                   const std::string& device_ip, int device_port);

}  // namespace dbrepl
