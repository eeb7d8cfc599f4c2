// One connection to a peer: sends a request, reads the answer, may be used again. The thread that
// calls waits. Internal to rpc/.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "common/result.h"
#include "rpc/http_message.h"
#include "rpc/http_parser.h"
#include "rpc/peer_socket.h"

namespace dbrepl {

// Used by one thread at a time.
class PeerConnection {
 public:
  PeerConnection(PeerSocket socket, const HttpLimits& limits)
      : socket_(std::move(socket)), parser_(limits) {}

  struct Question {
    std::string_view bytes;  // head and body
    bool is_head = false;    // the method is HEAD: the answer has no body
    std::size_t max_response_bytes = 0;
    PeerSocket::Time until;
    std::stop_token stop{};
  };
  // The whole answer. kUnreachable: the peer hung up, or answered something that is no HTTP;
  // kTimeout: the time has come; kRejected: the body is larger than allowed; kCancelled: a stop was
  // requested. After an error the connection is of no more use.
  Result<HttpResponse> Ask(const Question& question);

  // Whether a byte of an answer to the last question has come in.
  bool got_answer() const { return got_answer_; }
  // Whether it may serve again; false before the first answer and after an error.
  bool is_reusable() const { return reusable_; }
  // Nothing unasked has come in since the last answer, nor the peer's end.
  bool IsQuiet() const { return socket_.IsQuiet(); }

 private:
  Result<HttpResponse> Exchange(const Question& question);
  // Uses up what it can of in_; true: the answer is whole.
  Result<bool> Parse(const Question& question, HttpResponse& response);

  PeerSocket socket_;
  HttpResponseParser parser_;
  std::string in_;
  bool head_taken_ = false;
  bool got_answer_ = false;
  bool reusable_ = false;
};

}  // namespace dbrepl
