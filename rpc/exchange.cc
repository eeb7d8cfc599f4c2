#include "rpc/exchange.h"

#include <chrono>
#include <optional>
#include <utility>

#include "common/strings.h"
#include "rpc/wait_for_address.h"

namespace dbrepl {
namespace {

using Clock = std::chrono::steady_clock;

class Exchange {
 public:
  Exchange(const ExchangeTools& tools, const ExchangeRequest& request)
      : tools_(tools), request_(request), options_(request.options) {}

  Result<HttpResponse> Run();

 private:
  Result<std::unique_ptr<PeerConnection>> Connect() const;
  Result<PeerSocket> ConnectSocket() const;
  // Also gives the connection back.
  Result<HttpResponse> Ask(std::unique_ptr<PeerConnection> connection, bool& got_answer);
  Error Cancelled() const {
    return {Errc::kCancelled, StrCat(HostAndPort(request_.peer), ": the call was cancelled"), {}};
  }

  const ExchangeTools& tools_;
  const ExchangeRequest& request_;
  const CallOptions& options_;
  std::optional<Clock::time_point> until_;  // set when the first byte is sent
};

Result<HttpResponse> Exchange::Run() {
  if (options_.stop.stop_requested()) return Fail(Cancelled());
  bool got_answer = false;
  if (auto kept = tools_.pool.Take(request_.peer)) {
    ++tools_.counts.reused;
    auto answer = Ask(std::move(kept), got_answer);
    // The peer may have closed a kept connection just as we sent. It answered nothing, and every
    // request of ours may be repeated.
    if (answer || got_answer || answer.error().code != Errc::kUnreachable) return answer;
    ++tools_.counts.retries;
  }
  TRY_ASSIGN(auto fresh, Connect());
  return Ask(std::move(fresh), got_answer);
}

Result<PeerSocket> Exchange::ConnectSocket() const {
  const Clock::time_point until = Clock::now() + options_.conn_timeout;
  TRY_ASSIGN(const SocketAddress address,
             WaitForAddress(tools_.loop, request_.peer, until, options_.stop));
  TRY_ASSIGN(PeerSocket socket, PeerSocket::Open(address));
  {
    const std::stop_callback on_stop(options_.stop, [&socket] { socket.Interrupt(); });
    TRY(socket.Connect(address, until));
  }
  return socket;
}

Result<std::unique_ptr<PeerConnection>> Exchange::Connect() const {
  ++tools_.counts.connections;
  auto socket = ConnectSocket();
  if (socket) return std::make_unique<PeerConnection>(*std::move(socket), tools_.limits);
  if (options_.stop.stop_requested()) return Fail(Cancelled());
  Error error = std::move(socket).error();
  if (error.code == Errc::kTimeout)
    error.message = StrCat("connect: no answer within ", options_.conn_timeout.count(), " ms");
  return Fail(std::move(error).Within(HostAndPort(request_.peer)));
}

Result<HttpResponse> Exchange::Ask(std::unique_ptr<PeerConnection> connection, bool& got_answer) {
  if (!until_) until_ = Clock::now() + options_.node_timeout;
  auto answer = connection->Ask({.bytes = request_.bytes,
                                 .is_head = request_.is_head,
                                 .max_response_bytes = options_.max_response_bytes,
                                 .until = *until_,
                                 .stop = options_.stop});
  got_answer = connection->got_answer();
  if (answer) {
    tools_.pool.Give(request_.peer, std::move(connection));
    return answer;
  }
  Error error = std::move(answer).error();
  if (error.code == Errc::kTimeout)
    error.message = StrCat("no whole answer within ", options_.node_timeout.count(), " ms");
  return Fail(std::move(error).Within(HostAndPort(request_.peer)));
}

}  // namespace

Result<HttpResponse> RunExchange(const ExchangeTools& tools, const ExchangeRequest& request) {
  return Exchange(tools, request).Run();
}

}  // namespace dbrepl
