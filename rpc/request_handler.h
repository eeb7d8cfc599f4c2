// What a program gives the HTTP server: how each request is to be served.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/worker_pool.h"
#include "rpc/http_message.h"
#include "rpc/http_stream.h"
#include "rpc/peer_address.h"

namespace dbrepl {

// The body is read into memory, then RequestHandler::Serve runs on a worker.
struct ServeWhole {
  std::size_t max_body_bytes = std::size_t{8} * 1024 * 1024;  // more: 413
};

// The body goes piece by piece to what `open` makes of the head. `client` outlives the
// RequestStream; it is not to be called before `open` has returned.
struct ServeStream {
  std::function<std::unique_ptr<RequestStream>(HttpRequestHead head, ResponseStream& client)> open;
};

// HttpResponse: answered at once, from the loop; a body is read over.
using Route = std::variant<ServeWhole, ServeStream, HttpResponse>;

// Where a whole request waits for a worker.
struct WorkOrder {
  std::string key;  // requests of one key are served one after the other, in order
  JobLength length = JobLength::kShort;
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // Loop thread, must not block: the head has arrived.
  virtual Route RouteFor(const HttpRequestHead& head, const PeerAddress& client) = 0;

  // Loop thread, must not block: all of a ServeWhole request has arrived. By default the target is
  // the key, and a body of 64 KiB makes the work long.
  virtual WorkOrder OrderFor(const HttpRequest& request);

  // Loop thread, must not block: the server itself refuses what came on a connection, with this
  // status; nobody else hears of it. `problem` says why, for a log, and may hold any byte.
  virtual void OnRefused(const PeerAddress& client, int status, std::string_view problem);

  // Worker thread, may block; called by several threads at a time, but never for one key. Length,
  // date and connection headers are added by the server. Must not throw.
  virtual HttpResponse Serve(const HttpRequest& request) = 0;
};

// Where Serve runs. False: no room, and the client gets 503. WorkerPool::TrySubmit has this shape.
using Executor =
    std::function<bool(const std::string& key, JobLength length, std::function<void()> job)>;

}  // namespace dbrepl
