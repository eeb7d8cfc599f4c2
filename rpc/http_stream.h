// A request and its answer moving piece by piece, with back pressure both ways: for what is
// forwarded, and for whole files. All calls on the loop thread.
#pragma once

#include <string_view>

#include "rpc/http_message.h"

namespace dbrepl {

// The way back to the client, given by the server. Calls after the client has gone do nothing.
class ResponseStream {
 public:
  // First of all, once. A Content-Length in it says how long the body will be; without one the body
  // goes out in chunks (to an HTTP/1.0 client: up to the end of the connection).
  virtual void SendHead(HttpResponseHead head) = 0;
  // A piece of the body. False: enough is queued; wait for RequestStream::OnResponseDrained.
  virtual bool SendBody(std::string_view piece) = 0;
  // The answer is whole.
  virtual void Finish() = 0;
  // The answer cannot be finished: the connection is cut, so that the client sees it.
  virtual void Break() = 0;
  // Asks for no more of the request's body, or for more again.
  virtual void PauseRequest() = 0;
  virtual void ResumeRequest() = 0;

 protected:
  ~ResponseStream() = default;
};

// Whoever takes a streamed request; the server calls it. After Finish, Break or OnClientGone no
// call follows, and the server drops it.
class RequestStream {
 public:
  virtual ~RequestStream() = default;
  virtual void OnRequestBody(std::string_view piece) = 0;
  virtual void OnRequestEnd() = 0;
  virtual void OnResponseDrained() = 0;
  // The connection broke, a time limit passed or the server stops: clean up, answer nothing.
  virtual void OnClientGone() = 0;
};

}  // namespace dbrepl
