// Asks peers: a blocking call for worker threads, on sockets of their own.
//
// Connections stay alive and serve any path of their peer. Headers go out as Swift's replicator
// writes them (swift-reference.md section 4.1).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "common/clock.h"
#include "common/random.h"
#include "common/result.h"
#include "rpc/event_loop.h"
#include "rpc/http_message.h"
#include "rpc/http_parser.h"
#include "rpc/peer_address.h"
#include "rpc/peer_backoff.h"

namespace dbrepl {

struct ReplicateClientOptions {
  std::size_t max_idle_per_peer = 8;
  std::size_t max_idle = 256;
  // Shorter than the 60 s after which Swift's servers hang up.
  std::chrono::milliseconds max_idle_time{30'000};
  HttpLimits limits{};
  PeerBackoff::Options backoff{};
};

// Limits of one call; the defaults are Swift's conn_timeout and node_timeout.
struct CallOptions {
  std::chrono::milliseconds conn_timeout{500};  // look-up and connect
  // From the first byte sent to the last one received; a retry does not begin anew.
  std::chrono::milliseconds node_timeout{10'000};
  std::size_t max_response_bytes = std::size_t{64} * 1024 * 1024;
  std::stop_token stop{};
  // For probing: ask even a peer that is backed off from, and let the answer not count.
  bool ignore_backoff = false;
};

// Counted since the start.
struct ReplicateClientStats {
  std::uint64_t calls = 0;
  std::uint64_t connections = 0;  // opened
  std::uint64_t reused = 0;       // calls that began on a kept connection
  std::uint64_t retries = 0;      // of them, those that found it closed and went on with a new one
};

// A REPLICATE request with a JSON body, with Swift's headers.
HttpRequest MakeReplicateRequest(std::string target, std::string json);

// Thread-safe: any thread may call, except the loop's own. Make it anywhere; destroy it on the loop
// thread or after the loop has ended, when no call is running.
class ReplicateClient {
 public:
  // Clock and random, for PeerBackoff, must outlive it.
  ReplicateClient(EventLoop& loop, const ReplicateClientOptions& options, const Clock& clock,
                  Random& random);
  ~ReplicateClient();
  ReplicateClient(const ReplicateClient&) = delete;
  ReplicateClient& operator=(const ReplicateClient&) = delete;

  // Sends the request and waits for the whole answer, whatever its status (404 is an answer, not an
  // error). Host, Accept-Encoding and Content-Length are written in front of the request's own
  // headers.
  //
  // A kept connection that turns out to be closed before a byte of the answer has come is replaced
  // by a new one, once. kUnreachable: no conversation came about, or the peer hung up, or it is
  // backed off from; kTimeout: conn_timeout or node_timeout passed; kRejected: the answer is larger
  // than allowed; kCancelled: a stop was requested, or the loop ended before a name was looked up;
  // kBadInput: the request cannot be written.
  Result<HttpResponse> Call(const PeerAddress& peer, const HttpRequest& request,
                            const CallOptions& options = {});

  ReplicateClientStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dbrepl
