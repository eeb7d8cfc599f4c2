// One call of ReplicateClient as the loop thread sees it: gets a connection, sends, collects the
// answer, retries once where that is safe. Internal to rpc/.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "rpc/client_connection.h"
#include "rpc/connection_pool.h"
#include "rpc/replicate_client.h"

namespace dbrepl {

// Counted by the loop thread, read by any.
struct ExchangeCounts {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> reused{0};
  std::atomic<std::uint64_t> retries{0};
};

class Exchange final : public std::enable_shared_from_this<Exchange>,
                       private ClientConnection::Observer {
 public:
  struct Request {
    PeerAddress peer;
    std::string bytes;  // head and body
    bool for_head = false;
    CallOptions options;
  };

  // `done` is called once, on the loop thread. Keeps itself alive until then.
  Exchange(EventLoop& loop, ConnectionPool& pool, ExchangeCounts& counts, Request request,
           std::function<void(Result<HttpResponse>)> done);

  void Start();
  // Ends the call with kCancelled, unless it has ended.
  void Cancel();

 private:
  void OnResponseHead(HttpResponseHead head) override;
  void OnResponseBody(std::string_view piece) override;
  void OnResponseEnd() override;
  void OnRequestDrained() override {}
  void OnFailed(const Error& error) override;

  void Connect();
  void Send();
  void Finish(Result<HttpResponse> result);

  EventLoop& loop_;
  ConnectionPool& pool_;
  ExchangeCounts& counts_;
  const Request request_;
  std::function<void(Result<HttpResponse>)> done_;
  std::shared_ptr<Exchange> self_;  // until Finish
  std::shared_ptr<ClientConnection> connection_;
  bool on_kept_connection_ = false;
  bool timing_ = false;
  Timer timer_;
  HttpResponse response_;
};

}  // namespace dbrepl
