#include "rpc/peer_connection.h"

#include <array>

#include "common/strings.h"

namespace dbrepl {
namespace {

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

Error ClosedByPeer() { return {Errc::kUnreachable, "connection: closed by the peer", {}}; }

}  // namespace

Result<HttpResponse> PeerConnection::Ask(const Question& question) {
  got_answer_ = head_taken_ = reusable_ = false;
  parser_.Reset(question.is_head);
  in_.clear();
  auto answer = [&] {
    const std::stop_callback on_stop(question.stop, [this] { socket_.Interrupt(); });
    return Exchange(question);
  }();
  if (!question.stop.stop_requested()) return answer;
  reusable_ = false;  // it may have been interrupted just now
  return answer ? std::move(answer)
                : Result<HttpResponse>(Fail(Errc::kCancelled, "the call was cancelled"));
}

Result<HttpResponse> PeerConnection::Exchange(const Question& question) {
  // A peer that does not want all of a request may answer before it hangs up.
  const auto sent = socket_.Send(question.bytes, question.until);
  if (!sent && sent.error().code == Errc::kTimeout) return Fail(sent.error());
  HttpResponse response;
  std::array<char, kReadBytes> space;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (true) {
    auto received = socket_.Receive(space, question.until);
    if (!received) return Fail(sent ? std::move(received).error() : sent.error());
    if (*received == 0) {
      if (head_taken_ && parser_.FeedEnd()) return response;
      return Fail(sent ? ClosedByPeer() : sent.error());
    }
    got_answer_ = true;
    in_.append(space.data(), *received);
    TRY_ASSIGN(const bool whole, Parse(question, response));
    if (whole) return response;
  }
}

Result<bool> PeerConnection::Parse(const Question& question, HttpResponse& response) {
  while (!in_.empty()) {
    const auto used = parser_.Feed(in_, response.body);
    if (!used) return Fail(Errc::kUnreachable, used.error().message);
    in_.erase(0, *used);
    if (!parser_.head_done()) return false;
    if (parser_.head().status < 200 && !head_taken_) {  // 100 Continue and its like
      parser_.Reset(question.is_head);
      continue;
    }
    if (!std::exchange(head_taken_, true)) response.head = std::move(parser_.head());
    if (response.body.size() > question.max_response_bytes) {
      return Fail(Errc::kRejected,
                  StrCat("the answer is larger than ", question.max_response_bytes, " bytes"));
    }
    if (parser_.complete()) {
      reusable_ = parser_.keep_alive() && in_.empty();  // not with more than was asked for
      return true;
    }
    if (*used == 0) return false;
  }
  return false;
}

}  // namespace dbrepl
