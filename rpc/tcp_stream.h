// One connected TCP socket on the loop: bytes in, bytes out, back pressure. Internal to rpc/.
//
// Loop thread only. The observer may destroy the stream inside any of its calls.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "rpc/event_loop.h"
#include "rpc/peer_address.h"

namespace dbrepl {

class TcpStream {
 public:
  class Observer {
   public:
    // Bytes that came in; they are gone when the call returns.
    virtual void OnBytes(std::string_view bytes) = 0;
    // Everything written has left for the kernel. Only after a Write that could not do so at once.
    virtual void OnDrained() = 0;
    // The peer will send no more, but may still read. Once at most.
    virtual void OnEnd() = 0;
    // The stream is over, once: an error (kUnreachable, kTimeout, kIo), or the loop ended
    // (kCancelled). The stream is closed already. Not after Close.
    virtual void OnClosed(const Error& error) = 0;

   protected:
    ~Observer() = default;
  };

  TcpStream(EventLoop& loop, Observer& observer);
  ~TcpStream();
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // Takes a waiting connection from a listener (a uv_stream_t*). False: there was none after all.
  bool Accept(void* listener);

  // `on_connected` gets the outcome once, later, unless the stream is closed before. No time limit
  // of its own. An error that shows at once is returned, and nothing follows.
  Result<> Connect(const SocketAddress& address, std::function<void(Result<>)> on_connected);

  // Who is at the other end; empty host when that cannot be found out.
  PeerAddress Peer() const;

  void StartReading();
  // Bytes the kernel still has stay there, and the peer feels it.
  void PauseReading();

  // Sends behind what is queued. After Close: ignored.
  void Write(std::string bytes);
  // Bytes handed to Write that the kernel has not taken yet.
  std::size_t queued_bytes() const;
  // A queued write has failed: nothing that is written arrives any more. Who still reads learns of
  // the connection's end there.
  bool write_failed() const;

  // Sends the queue and an end mark; from now on the observer hears OnClosed only. What comes in is
  // thrown away until the peer closes too, so that a reset cannot overtake the last answer.
  void ShutDownGently();

  // No further call to the observer.
  void Close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dbrepl
