// One connection to a peer: sends a request, reads the answer, may be used again. Loop thread only.
// Internal to rpc/.
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
  // Who made the request. Each call may close the connection, or start the next request after
  // OnResponseEnd.
  class Observer {
   public:
    virtual void OnResponseHead(HttpResponseHead head) = 0;
    virtual void OnResponseBody(std::string_view piece) = 0;
    // The answer is whole; is_reusable() says whether the connection may serve again.
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

  // Sends a request head, perhaps with its body behind it. Not before the last answer is whole.
  // `for_head`: it is a HEAD request.
  void Send(std::string bytes, bool for_head, Observer& observer);
  // More of the body. False: enough is queued, wait for OnRequestDrained.
  bool SendMore(std::string bytes);

  void PauseResponse() { socket_.PauseReading(); }
  void ResumeResponse() { socket_.StartReading(); }

  // Whether a byte of an answer to the present request has come in.
  bool got_answer() const { return got_answer_; }
  bool is_reusable() const { return reusable_ && socket_.is_open(); }
  const PeerAddress& peer() const { return peer_; }

  // While no request is under way: called when the peer closes or says something unasked. The
  // connection is closed then.
  void WatchIdle(std::function<void()> on_lost) { on_idle_lost_ = std::move(on_lost); }

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
  std::function<void()> on_idle_lost_;

  Observer* observer_ = nullptr;  // nullptr: idle
  HttpResponseParser parser_;
  std::string in_;
  bool head_given_ = false;
  bool for_head_ = false;
  bool got_answer_ = false;
  bool reusable_ = false;
};

}  // namespace dbrepl
