// A streamed request of which somebody wants to know how it ended: stands between the server and
// the stream that serves it. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>

#include "rpc/request_handler.h"

namespace dbrepl {

// How a streamed request ended. Status 499: the client left first.
struct StreamEnd {
  int status = 0;
  std::uint64_t body_bytes = 0;  // of the answer
};
inline constexpr int kClientClosedRequest = 499;

// The same route, after which `on_end` is called once, with the request's head as it came in.
ServeStream Watched(ServeStream route,
                    std::function<void(const HttpRequestHead& head, const StreamEnd& end)> on_end);

}  // namespace dbrepl
