// One connection to a server for one request and its answer, piece by piece, for the forwarder.
// Loop thread only. Internal to rpc/.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "rpc/http_parser.h"
#include "rpc/name_lookup.h"
#include "rpc/peer_address.h"
#include "rpc/tcp_stream.h"
#include "rpc/timer.h"

namespace dbrepl {

class ClientConnection final : public std::enable_shared_from_this<ClientConnection>,
                               private TcpStream::Observer {
 public:
  // Who made the request. Each call may close the connection.
  class Observer {
   public:
    virtual void OnResponseHead(HttpResponseHead head) = 0;
    virtual void OnResponseBody(std::string_view piece) = 0;
    // The answer is whole.
    virtual void OnResponseEnd() = 0;
    // What was sent has left: more of the request's body may follow.
    virtual void OnRequestDrained() = 0;
    // No answer will come, or no more of it. Once; the connection is closed.
    virtual void OnFailed(const Error& error) = 0;

   protected:
    ~Observer() = default;
  };

  // Errors name the peer.
  ClientConnection(EventLoop& loop, PeerAddress peer);

  // Looks up the name if it is one, and connects. `on_done` is called once, later: success, or
  // kUnreachable, kTimeout, kCancelled and the like; not after Close.
  void Connect(std::chrono::milliseconds timeout, std::function<void(Result<>)> on_done);

  // Sends a request head, perhaps with its body behind it. Once. `for_head`: it is a HEAD request.
  void Send(std::string bytes, bool for_head, Observer& observer);
  // More of the body. False: enough is queued, wait for OnRequestDrained.
  bool SendMore(std::string bytes);

  void PauseResponse() { socket_.PauseReading(); }
  void ResumeResponse() { socket_.StartReading(); }

  const PeerAddress& peer() const { return peer_; }

  // No further calls.
  void Close();

 private:
  void OnBytes(std::string_view bytes) override;
  void OnDrained() override;
  void OnEnd() override;
  void OnClosed(const Error& error) override;

  void ConnectTo(const SocketAddress& address);
  void FinishConnect(Result<> outcome);
  bool Step();
  void EndResponse();
  void FailExchange(Error error);

  EventLoop& loop_;
  const PeerAddress peer_;
  TcpStream socket_;
  Timer connect_timer_;
  std::unique_ptr<NameLookup> lookup_;
  std::function<void(Result<>)> on_connected_;
  Error connect_error_{Errc::kTimeout, {}, {}};  // what the connect timer reports

  Observer* observer_ = nullptr;  // nullptr: before the request and after the answer
  HttpResponseParser parser_;
  std::string in_;
  bool head_given_ = false;
  bool for_head_ = false;
};

}  // namespace dbrepl
