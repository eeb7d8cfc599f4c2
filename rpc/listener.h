// The listening socket of a server, made before the loop runs (and before privileges are dropped).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace dbrepl {

// Names and defaults as in Swift's server conf (swift-reference.md section 6.3).
struct ListenOptions {
  std::string bind_ip = "0.0.0.0";  // IPv4 or IPv6
  std::uint16_t bind_port = 0;      // 0: any free one (tests)
  int backlog = 4096;
  std::chrono::seconds keep_idle{600};    // quiet time before TCP asks whether the peer is alive
  std::chrono::seconds bind_timeout{30};  // how long to wait for a port that is taken
};

// Bound and listening, non-blocking, close-on-exec, with SO_REUSEADDR, SO_REUSEPORT (several
// servers may share a port, as Swift's workers do), SO_KEEPALIVE and TCP_NODELAY, which accepted
// connections inherit. Blocks up to bind_timeout. kBadInput: bind_ip is no address; kBusy: the port
// stayed taken; kIo: anything else.
Result<UniqueFd> OpenListener(const ListenOptions& options);

// The port a listener has; 0 when `fd` is none.
std::uint16_t ListenerPort(int fd);

}  // namespace dbrepl
