// The address of a peer, for a thread that waits for it. Internal to rpc/.
#pragma once

#include <chrono>
#include <stop_token>

#include "common/result.h"
#include "rpc/event_loop.h"
#include "rpc/peer_address.h"

namespace dbrepl {

// At once when the host is numeric; else the loop has the name looked up. kUnreachable: it has no
// address; kTimeout: the time came first; kCancelled: a stop was requested, or the loop has ended.
// Any thread but the loop's.
Result<SocketAddress> WaitForAddress(EventLoop& loop, const PeerAddress& peer,
                                     std::chrono::steady_clock::time_point until,
                                     const std::stop_token& stop);

}  // namespace dbrepl
