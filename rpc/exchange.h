// One call of ReplicateClient: gets a connection, asks, and asks once more on a new connection
// where that is safe. Internal to rpc/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "rpc/connection_pool.h"
#include "rpc/replicate_client.h"

namespace dbrepl {

// Of all exchanges.
struct ExchangeCounts {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> reused{0};
  std::atomic<std::uint64_t> retries{0};
};

// What exchanges share; thread-safe, and outlives them.
struct ExchangeTools {
  EventLoop& loop;  // looks up names
  ConnectionPool& pool;
  const HttpLimits& limits;
  ExchangeCounts& counts;
};

struct ExchangeRequest {
  const PeerAddress& peer;
  std::string bytes;  // head and body
  bool is_head = false;
  const CallOptions& options;
};

// Waits for the answer; results as of ReplicateClient::Call. Not on the loop thread.
Result<HttpResponse> RunExchange(const ExchangeTools& tools, const ExchangeRequest& request);

}  // namespace dbrepl
