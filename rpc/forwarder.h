// Passes a request on to another server, streaming both ways: for the verbs that a replication
// server does not serve itself (swift-reference.md section 4.6).
#pragma once

#include <chrono>

#include "rpc/event_loop.h"
#include "rpc/peer_address.h"
#include "rpc/request_handler.h"

namespace dbrepl {

struct ForwardOptions {
  std::chrono::milliseconds conn_timeout{2'000};
  std::chrono::milliseconds quiet_timeout{60'000};  // without a byte from upstream
};

// A route that forwards the request as it is, less the headers that concern one connection only
// (RFC 7230 6.1), over a connection of its own. Both sides feel each other's back pressure.
//
// 502 with a sentence when upstream cannot be reached or breaks off before its answer, 504 when it
// does not answer in time; if that happens in the middle of the answer, the client's connection is
// cut. Loop thread only; `loop` is the server's.
ServeStream ForwardTo(EventLoop& loop, const PeerAddress& upstream,
                      const ForwardOptions& options = {});

}  // namespace dbrepl
