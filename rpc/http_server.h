// An HTTP/1.1 server on an event loop: accepts, reads requests, hands them to a RequestHandler and
// writes the answers. Knows no path and no database.
//
// Loop thread only, except where said. Handler, executor's threads and loop must outlive it in the
// order docs/THREADS.md gives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/unique_fd.h"
#include "rpc/event_loop.h"
#include "rpc/http_parser.h"
#include "rpc/request_handler.h"

namespace dbrepl {

struct HttpServerOptions {
  HttpLimits limits{};
  // Connections beyond these wait in the backlog (all), or get 503 and are closed (one peer's).
  std::size_t max_connections = 1024;
  std::size_t max_connections_per_peer = 768;
  // A kept-alive connection without a request; longer than Swift's 60 s, for rsync may take long
  // between two requests (swift-reference.md section 8, 1).
  std::chrono::milliseconds idle_timeout{600'000};
  std::chrono::milliseconds head_timeout{60'000};  // from the first byte to the end of a head
  // All of a body read whole; of a streamed one, between two pieces.
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds write_timeout{60'000};  // until the client has taken what was written
  // After an answer that ends the connection: how long to wait for the client to close.
  std::chrono::milliseconds linger_timeout{2'000};
  // At a graceful stop: how long an idle connection may still begin a request.
  std::chrono::milliseconds drain_grace{1'000};
  std::size_t max_discarded_body_bytes =
      std::size_t{1024} * 1024;  // of an answered request; more: close
  // Bodies that are read whole, of all connections together, until they are served; more: 503.
  std::size_t max_body_bytes_in_all = std::size_t{128} * 1024 * 1024;
};

// Since the start; open_connections and requests_running are of now.
struct HttpServerStats {
  std::size_t open_connections = 0;
  std::size_t requests_running = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;  // heads understood
  std::uint64_t refused = 0;   // answered 4xx/5xx by the server itself
  std::uint64_t timeouts = 0;  // connections closed for being slow
  std::uint64_t peer_limit_hits = 0;
};

class HttpServer {
 public:
  // `handler` must outlive the server and every job given to `executor`.
  HttpServer(EventLoop& loop, const HttpServerOptions& options, RequestHandler& handler,
             Executor executor);
  // Closes all connections at once.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Takes over a listener (OpenListener) and begins to accept. libuv listens once more on it, with
  // this backlog. May be called for several.
  Result<> Serve(UniqueFd listener, int backlog = 4096);

  // Stops to listen, and closes connections that stay idle for the drain_grace; requests that have
  // begun are served to their end, with "Connection: close". Calls `on_done` on the loop thread
  // when no connection is left (also when there is none now). There is no time limit: who wants one
  // destroys the server.
  void StopGracefully(std::function<void()> on_done);

  HttpServerStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dbrepl
